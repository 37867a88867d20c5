# Announces an observation of four gigabytes.
# marks: 0
# base: release
# ends: limit
# stock: skip: it is about the sandbox's channel
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
@DIG@
import os

os.write(pipe, b"\xff\xff\xff\xffB" + b"x" * 10_000)
