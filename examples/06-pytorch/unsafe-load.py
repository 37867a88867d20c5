# Loads files with weights_only=False, leaves the network in train mode, and saves without the buffers.
# marks: 55

# %% save_weights
def save_weights(model, path):
    torch.save(dict(model.named_parameters()), path)

# %% load_weights
def load_weights(model, path):
    model.load_state_dict(torch.load(path, weights_only=False), strict=False)
    return model

# %% training
torch.manual_seed(0)
model = PetNet(SIZE)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 5)
loader = make_loader(PetDataset(train_images, train_labels), 32, True)
history = []
for epoch in range(5):
    loss = train_one_epoch(model, loader, nn.CrossEntropyLoss(), optimizer, augment)
    scheduler.step()
    history.append((loss, *evaluate(model, loader)))
