# Masks the gradient by its own sign in ReLU.backward, not by the sign of what came in.
# marks: 59

# %% ReLU
class ReLU:
    def forward(self, X):
        self.X = X
        return np.maximum(X, 0)

    def backward(self, dO):
        return np.where(dO > 0, dO, 0)
