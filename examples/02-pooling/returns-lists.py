# Returns Python lists from distribute_value.
# marks: 54

# %% distribute_value
def distribute_value(dz, shape):
    n_H, n_W = shape
    return [[dz / (n_H * n_W)] * n_W] * n_H
