# Sends observations until the channel has had enough.
# marks: 0
# base: release
# ends: limit
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@
for _ in range(20_000):
    emit(b"x")
