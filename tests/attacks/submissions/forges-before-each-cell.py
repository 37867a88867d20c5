# Sends forged observations first, from a hook that runs before each cell.
# marks: 0
# base: release
# reaches: hook in place
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@
from grader.observation import Call, Observation, encode


def forge(*_):
    for block in ("zero_pad/basic", "zero_pad/no_padding"):
        for index, kind in enumerate(("check_hash", "check_torch", "marks", "check_same")):
            emit(encode(Observation(block, index, kind, values=(np.zeros(1),) * 2)))


get_ipython().events.register("pre_run_cell", forge)
print("hook in place")
