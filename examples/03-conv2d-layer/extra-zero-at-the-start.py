# Puts the odd zero of an even kernel above and to the left, where torch puts it below and to the right.
# marks: 58

# %% resolve_padding
def resolve_padding(padding, kernel_size, stride):
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding == "same":
        if stride != 1:
            raise ValueError(f"'same' con stride {stride} no se puede")
        kH, kW = kernel_size
        return (kH // 2, (kH - 1) // 2), (kW // 2, (kW - 1) // 2)
    if isinstance(padding, str):
        raise ValueError(f"no conozco {padding}")
    return (padding, padding), (padding, padding)
