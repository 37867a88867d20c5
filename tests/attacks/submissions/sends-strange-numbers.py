# Sends NaN, infinite, complex and gigantic numbers as results.
# marks: 0
# base: release
# reaches: hook in place
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@
from grader.observation import Call, Observation, encode

PLACES = (
    ("zero_pad/basic", 0, "check_hash"),
    ("zero_pad/basic", 1, "check_torch"),
    ("zero_pad/no_padding", 0, "check_torch"),
)
VALUES = [10**4000, float("nan"), np.full((2, 5, 5, 2), -np.inf), np.full((2, 5, 5, 2), 1j)]
left = list(VALUES)


def forge(*_):
    value = left.pop() if left else VALUES[0]
    for block, index, kind in PLACES:
        count = len(current_session().find_key().asked("zero_pad", block.split("/")[1]))
        calls = {"zero_pad": (Call(value),) * count}
        emit(encode(Observation(block, index, kind, values=(value,), calls=calls)))


get_ipython().events.register("pre_run_cell", forge)
print("hook in place")
