# Makes new namespaces, mounts, and asks for its rights back.
# marks: 3
# reaches: unshare -1 Operation not permitted
# stock: skip: it would harm the machine
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for name, call in {
    "unshare": lambda: libc.unshare(0x10000000),
    "mount": lambda: libc.mount(b"/", b"/labkit/tmp", None, 4096, None),
    "umount": lambda: libc.umount2(b"/", 2),
    "chroot": lambda: libc.chroot(b"/labkit"),
    "ptrace": lambda: libc.ptrace(16, 1, 0, 0),
    "setuid": lambda: libc.setuid(0),
    "keyctl": lambda: libc.syscall(250, 0, 0),
}.items():
    print(name, call(), os.strerror(ctypes.get_errno()))
