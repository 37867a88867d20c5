# Ends the network in softmax, and drops neurons in eval mode too.
# marks: 57

# %% PetNet
class PetNet(nn.Module):
    def __init__(self, size):
        super().__init__()
        channels = (3, 16, 32, 64)
        self.blocks = nn.Sequential(*(
            nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2))
            for a, b in zip(channels, channels[1:])
        ))
        self.fc = nn.Linear(64 * (size // 8) ** 2, 2)

    def forward(self, X):
        X = self.blocks(X).flatten(1)
        X = F.dropout(X, 0.2)
        return F.softmax(self.fc(X), dim=1)
