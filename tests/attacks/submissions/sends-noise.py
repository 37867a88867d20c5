# Writes a megabyte of noise into the pipe.
# marks: 0
# base: release
# ends: died
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@
import os

os.write(pipe, np.random.default_rng(1).bytes(1 << 20))
