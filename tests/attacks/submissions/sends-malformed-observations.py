# Sends observations that are damaged in forty ways.
# marks: 0
# base: release
# reaches: sent 43
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@
import json
import pickle
import struct

from grader.observation import Observation, encode

GOOD = json.loads(encode(Observation("zero_pad/basic", 1, "check_torch"))[8:])


def packed(rest=b"", **changes):
    text = json.dumps(GOOD | changes).encode()
    return struct.pack("<4sI", b"OBS1", len(text)) + text + rest


def arrays(dtype, shape, rest=b""):
    value = ["array", 0]
    return packed(rest, arrays=[[dtype, shape]], calls={"zero_pad": [[value, None, []]] * 2})


DEEP = b"[" * 50_000
MALFORMED = [
    b"",
    b"OBS1",
    b"OBS1" + b"\xff" * 8,
    pickle.dumps(Observation("zero_pad/basic", 1, "check_torch")),
    struct.pack("<4sI", b"OBS1", len(DEEP)) + DEEP,
    packed(block=5),
    packed(block=["zero_pad/basic"]),
    packed(index=True),
    packed(index=-1),
    packed(index=10**300),
    packed(kind=None),
    packed(values=None),
    packed(values=[["opaque", 5]]),
    packed(values=[["float", "0x1p99999"]]),
    packed(values=[["float", "nan"]] * 30_000),
    packed(values=[["dict", []]]),
    packed(values=[["array", 7]]),
    packed(values=[["pickle", "gASVAAAA"]]),
    packed(calls=[]),
    packed(calls={"zero_pad": 5}),
    packed(calls={"zero_pad": [[None]]}),
    packed(calls={"zero_pad": [[None, ["E", 5, "x"], []]]}),
    packed(failure=["E", "m"]),
    packed(globals=[5]),
    packed(b"too much"),
    arrays("|O", [1], b"x" * 8),
    arrays("O", [1], b"x" * 8),
    arrays("<f8", [-1], b""),
    arrays("<f8", [2**62, 2**62], b""),
    arrays("<f8", [0, 10**30], b""),
    arrays("<f8", [0] * 200, b""),
    arrays("<f8", [10**9], b""),
    arrays("<f8", "11", b""),
    arrays("f8,f8", [1], b"x" * 16),
    arrays("(1 2)f8,i4", [1], b"x" * 16),
    arrays("(" * 300 + "f8,i4", [1], b"x" * 16),
    arrays("(2,)f8", [1], b"x" * 16),
    arrays("<M8[s]", [1], b"x" * 8),
    arrays("V8", [1], b"x" * 8),
    arrays("a8", [1], b"x" * 8),
    arrays("", [1], b"x" * 8),
    arrays(5, [1], b"x" * 8),
    arrays("<f16", [1], b"\xff" * 16),
]


def forge(*_):
    for data in MALFORMED:
        emit(data)
    print("sent", len(MALFORMED))


get_ipython().events.register("pre_run_cell", forge)
