# Uses the network of an older course (three convolutions, two linear layers) and trains it with plain Adam.
# marks: 60

# %% PetNet
class PetNet(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.conv3 = nn.Conv2d(32, 64, 3, padding=1)
        self.fc1 = nn.Linear(64 * (size // 8) ** 2, 64)
        self.fc2 = nn.Linear(64, 2)

    def forward(self, X):
        for conv in (self.conv1, self.conv2, self.conv3):
            X = F.max_pool2d(F.relu(conv(X)), 2)
        return self.fc2(F.relu(self.fc1(X.flatten(1))))

# %% training
torch.manual_seed(5)
train_loader = make_loader(PetDataset(train_images, train_labels), 32, True)
valid_loader = make_loader(PetDataset(valid_images, valid_labels), 256, False)
model = PetNet(SIZE).to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
history = []
for epoch in range(12):
    loss = train_one_epoch(model, train_loader, nn.CrossEntropyLoss(), optimizer)
    history.append((loss, *evaluate(model, valid_loader)))
