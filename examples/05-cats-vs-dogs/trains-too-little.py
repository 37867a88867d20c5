# Trains a single epoch with steps a hundred times too short.
# marks: 63

# %% training
parameters, history = train(epochs=1, learning_rate=0.001, batch_size=250)
