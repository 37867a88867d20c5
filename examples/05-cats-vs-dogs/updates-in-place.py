# Changes the parameters that it was given.
# marks: 74

# %% update_parameters
def update_parameters(parameters, gradients, learning_rate):
    for name in parameters:
        parameters[name] -= learning_rate * gradients["d" + name]
    return parameters
