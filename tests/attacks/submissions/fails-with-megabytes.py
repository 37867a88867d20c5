# Raises an exception whose type, message and line have a quarter of a million letters each.
# marks: 0
# base: release
# reaches: hook in place
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@
from grader.observation import Failure, Observation, encode


def forge(info):
    for block in ("zero_pad/basic", "zero_pad/no_padding"):
        failure = Failure("E" * 250_000, "m" * 250_000, "l" * 250_000)
        if block in info.raw_cell:
            kind = "check_hash" if "check_hash" in info.raw_cell else "check_torch"
            emit(encode(Observation(block, 0, kind, failure=failure)))


get_ipython().events.register("pre_run_cell", forge)
print("hook in place")
