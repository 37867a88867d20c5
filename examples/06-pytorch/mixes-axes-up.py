# Reshapes where it should permute, broadcasts along the width, and transposes W2 without reordering it.
# marks: 42

# %% to_tensor
def to_tensor(images):
    return torch.from_numpy(images).reshape(len(images), 3, *images.shape[1:3]).float() / 127.5 - 1

# %% change_brightness
def change_brightness(X, factors):
    return ((X + 1) * factors - 1).clamp(-1, 1)

# %% move_images
def move_images(X, which, dy, dx):
    out = torch.zeros_like(X)
    for i in range(len(X)):
        x = X[i].flip(1) if which[i] else X[i]
        out[i] = F.pad(x, (int(dx[i]), -int(dx[i]), int(dy[i]), -int(dy[i])))
    return out

# %% convert_weights
def convert_weights(W1, b1, W2, b2, n_H, n_W):
    return (
        torch.from_numpy(W1).permute(3, 2, 0, 1), torch.from_numpy(b1).reshape(-1),
        torch.from_numpy(W2).T, torch.from_numpy(b2).reshape(-1),
    )

# %% training
model, history = PetNet(SIZE), [(0.7, 0.7, 0.5)]
