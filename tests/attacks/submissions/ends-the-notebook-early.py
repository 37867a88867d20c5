# Says that every cell has run, and goes on running.
# marks: 0
# base: release
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@
frame = write.func
frame(pipe, b"E", b'{"ok": true, "execution_count": 1}')
for _ in range(4):
    frame(pipe, b"S", b"")
    frame(pipe, b"E", b'{"ok": true, "execution_count": 1}')
frame(pipe, b"Z", b"")
while True:
    pass
