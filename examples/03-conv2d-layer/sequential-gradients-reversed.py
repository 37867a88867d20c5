# Walks the layers backwards in Sequential but returns their gradients in that order too.
# marks: 58

# %% Sequential
class Sequential:
    def __init__(self, *layers):
        self.layers = layers

    def forward(self, X):
        for layer in self.layers:
            X = layer.forward(X)
        return X

    def backward(self, dO):
        gradients = []
        for layer in self.layers[::-1]:
            result = layer.backward(dO)
            if isinstance(result, tuple):
                gradients.append(result[:-1])
                dO = result[-1]
            else:
                gradients.append(())
                dO = result
        return gradients, dO
