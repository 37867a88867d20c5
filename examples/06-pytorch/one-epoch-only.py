# Stops after one timid epoch on 400 images, below the first band of accuracy.
# marks: 52

# %% training
torch.manual_seed(1)
model = PetNet(SIZE)
optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
loader = make_loader(PetDataset(train_images[:400], train_labels[:400]), 32, True)
history = [(train_one_epoch(model, loader, nn.CrossEntropyLoss(), optimizer), 0.69, 0.5)]
