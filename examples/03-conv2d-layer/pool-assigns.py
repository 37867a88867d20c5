# Marks all the tied pixels in MaxPool2D and assigns where overlapping windows should add up.
# marks: 56

# %% MaxPool2D
class MaxPool2D:
    def __init__(self, pool_size, stride=None):
        self.p = pool_size
        self.s = pool_size if stride is None else stride

    def forward(self, X):
        self.X = X
        m, n_C, n_H_prev, n_W_prev = X.shape
        n_H = (n_H_prev - self.p) // self.s + 1
        n_W = (n_W_prev - self.p) // self.s + 1
        O = np.zeros((m, n_C, n_H, n_W))
        for h in range(n_H):
            for w in range(n_W):
                window = X[:, :, h * self.s : h * self.s + self.p, w * self.s : w * self.s + self.p]
                O[:, :, h, w] = np.max(window, axis=(2, 3))
        return O

    def backward(self, dO):
        dX = np.zeros(self.X.shape)
        for i, c, h, w in np.ndindex(*dO.shape):
            rows = slice(h * self.s, h * self.s + self.p)
            columns = slice(w * self.s, w * self.s + self.p)
            window = self.X[i, c, rows, columns]
            dX[i, c, rows, columns] = (window == window.max()) * dO[i, c, h, w]
        return dX
