# Binds the names again before each cell, by an event of the shell.
# marks: 0
# base: release
# reaches: event registered
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import contextlib


def overwrite(*_):
    get_ipython().user_ns.update(
        marks=lambda *_: contextlib.nullcontext(),
        check_torch=lambda *_, **__: True,
        check_hash=lambda *_, **__: True,
    )


get_ipython().events.register("pre_run_cell", overwrite)
print("event registered")
