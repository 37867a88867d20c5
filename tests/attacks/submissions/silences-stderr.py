# Writes nothing to stderr, where nbgrader looks for failures.
# marks: 0
# base: release
# reaches: silence
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import sys


class Silent:
    def write(self, text):
        return len(text)

    def flush(self):
        pass


sys.stderr = Silent()
get_ipython().showtraceback = lambda *_, **__: None
get_ipython().events.register("pre_run_cell", lambda *_: setattr(sys, "stderr", Silent()))
print("silence")
