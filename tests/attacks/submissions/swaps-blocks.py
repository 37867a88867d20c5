# Sends what one block observed as what the other one did.
# marks: 0
# reaches: swapping
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@


def swap(data, emit=emit):
    names = (b"zero_pad/basic", b"zero_pad/no_padding")
    one, other = names if names[0] in data else names[::-1]
    length = int.from_bytes(data[4:8], "little")
    header = data[8 : 8 + length].replace(one, other)
    emit(data[:4] + len(header).to_bytes(4, "little") + header + data[8 + length :])


judge.__closure__[judge.__code__.co_freevars.index("emit")].cell_contents = swap
print("swapping")
