# Sends each honest observation fifty times over.
# marks: 3
# reaches: repeating
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@


def again(data, emit=emit):
    for _ in range(50):
        emit(data)


judge.__closure__[judge.__code__.co_freevars.index("emit")].cell_contents = again
print("repeating")
