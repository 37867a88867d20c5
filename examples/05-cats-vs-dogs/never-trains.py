# Predicts with the network as it was initialized.
# marks: 63

# %% training
parameters = initialize_parameters(np.random.default_rng(1))
