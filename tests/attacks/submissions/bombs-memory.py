# Takes memory without end.
# marks: 3
# reaches: MemoryError after True
# stock: skip: it would harm the machine
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
kept = []
try:
    while True:
        kept.append(bytearray(1 << 25))
except MemoryError as error:
    print("MemoryError after", len(kept) < 100, type(error).__name__)
    del kept
