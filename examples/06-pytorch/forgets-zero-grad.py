# Forgets zero_grad and train mode in the function of the exercise, though not in its own loop.
# marks: 56

# %% train_one_epoch
def train_one_epoch(model, loader, loss_function, optimizer, augment=None):
    total = 0.0
    for images, labels in loader:
        if augment is not None:
            images = augment(images)
        loss = loss_function(model(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(labels)
    return total / len(loader.dataset)

# %% training
torch.manual_seed(0)
model = PetNet(SIZE)
history = []
# A right loop of its own here: only the function above is wrong.
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 6)
loader = make_loader(PetDataset(train_images, train_labels), 32, True)
for epoch in range(6):
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(augment(images)), labels)
        loss.backward()
        optimizer.step()
    scheduler.step()
    history.append((loss.item(), *evaluate(model, loader)))
