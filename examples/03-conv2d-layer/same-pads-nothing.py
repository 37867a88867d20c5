# Treats "same" as if it were "valid", so the output is smaller than the image.
# marks: 57

# %% resolve_padding
def resolve_padding(padding, kernel_size, stride):
    if padding == "same" and stride != 1:
        raise ValueError("same no acepta stride")
    if padding in ("valid", "same"):
        return (0, 0), (0, 0)
    if not isinstance(padding, int):
        raise ValueError("padding desconocido")
    return (padding, padding), (padding, padding)
