# Writes the cross-entropy as the textbook does, with the logarithm of a sigmoid.
# marks: 58
# %% head_forward
def head_forward(M, W_fc, b_fc, y):
    flat = M.reshape(M.shape[0], -1)
    Z = flat @ W_fc + b_fc
    p = torch.sigmoid(Z)
    loss = -(y * torch.log(p) + (1 - y) * torch.log(1 - p)).mean()
    return flat, Z, loss
