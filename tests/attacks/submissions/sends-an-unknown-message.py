# Sends a message of a kind that there isn't.
# marks: 0
# base: release
# ends: died
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@
write.func(pipe, b"X", b"[2/2 puntos]")
