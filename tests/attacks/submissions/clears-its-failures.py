# Clears the outputs of each cell at its end, so that no failure shows.
# marks: 0
# base: release
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import sys

from IPython.display import clear_output


def clear(*_):
    sys.stderr.flush()
    clear_output()


get_ipython().events.register("post_run_cell", clear)
get_ipython().showtraceback = clear
print("clearing")
