# Opens raw and ordinary connections to the world and to this machine.
# marks: 3
# reaches: no: 
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import socket

TARGETS = (
    (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", @PORT@)),
    (socket.AF_INET, socket.SOCK_STREAM, ("192.0.2.1", 80)),
    (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", @PORT@)),
    (socket.AF_INET, socket.SOCK_DGRAM, ("192.0.2.1", 53)),
    (socket.AF_INET6, socket.SOCK_STREAM, ("::1", @PORT@)),
    (socket.AF_UNIX, socket.SOCK_STREAM, "\0labkit-@PORT@"),
)
for family, kind, address in TARGETS:
    try:
        with socket.socket(family, kind) as one:
            one.settimeout(0.2)
            one.connect(address)
            one.send(b"CONNECTED")
            print("CONNECTED", address)
    except OSError as error:
        print("no:", type(error).__name__, address)
for family, kind in ((17, 3), (2, 3), (16, 3), (38, 5), (40, 1)):
    try:
        socket.socket(family, kind).close()
        print("OPENED", family, kind)
    except OSError as error:
        print("no:", type(error).__name__, family, kind)
