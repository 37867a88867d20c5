# Writes frames of its own: cells that end, start and are done.
# marks: 0
# base: release
# ends: died
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@
frame = write.func
print("writing frames", flush=True)
frame(pipe, b"E", b'{"ok": true, "execution_count": 1}')
for _ in range(6):
    frame(pipe, b"S", b"")
    frame(pipe, b"E", b'{"ok": true, "execution_count": 1}')
frame(pipe, b"Z", b"")
