# Uses nearly all of each cell's time, over and over.
# marks: 0
# base: release
# ends: timeout
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import time

get_ipython().events.register("pre_run_cell", lambda *_: time.sleep(1.9))

# %% append see-it
time.sleep(1.9)

# %% prepend see-it
time.sleep(1.9)
