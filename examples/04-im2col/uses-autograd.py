# Asks autograd for the gradient of the image: forbidden by the lab, and nothing is recorded for it in a check.
# marks: 56
# %% input_backward
def input_backward(dH, W, input_size, stride=1, padding=0, dilation=1):
    X = torch.zeros(dH.shape[0], W.shape[1], *input_size, dtype=W.dtype, requires_grad=True)
    H, _ = conv_im2col(X, W, torch.zeros(W.shape[0], dtype=W.dtype), stride, padding, dilation)
    H.backward(dH)
    return X.grad
