# Sends observations without values, calls or failures, and with too many.
# marks: 0
# base: release
# reaches: hook in place
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@
from grader.observation import Call, Observation, encode


def forge(*_):
    for calls in ({}, {"zero_pad": ()}, {"zero_pad": (Call(True),) * 3}, {"zero_pad": (Call(),) * 500}):
        for block in ("zero_pad/basic", "zero_pad/no_padding"):
            for index in (0, 1):
                emit(encode(Observation(block, index, "check_torch", calls=calls)))


get_ipython().events.register("pre_run_cell", forge)
print("hook in place")
