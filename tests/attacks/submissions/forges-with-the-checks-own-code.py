# Makes observations with the kit's own classes, of values it likes.
# marks: 0
# base: release
# reaches: forged
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@
from grader.observation import Call, Observation, encode

key = current_session().find_key()
for block, index in (("zero_pad/basic", 1), ("zero_pad/no_padding", 0)):
    group = block.split("/")[1]
    cases = key.asked("zero_pad", group)
    calls = tuple(
        Call(np.zeros((m, h + 2 * p, w + 2 * p, c)))
        for (m, h, w, c), p in ((case.args[0].shape, case.args[1]) for case in cases)
    )
    emit(encode(Observation(block, index, "check_torch", calls={"zero_pad": calls})))
emit(encode(Observation("zero_pad/basic", 0, "check_hash", values=(np.full((2, 5, 5, 2), 0.01),))))
print("forged")
