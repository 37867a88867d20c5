# Makes linecache give other lines and traceback other frames.
# marks: 0
# base: release
# reaches: linecache patched
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
import linecache
import traceback

linecache.getline = lambda *_: "x" * 10_000_000
traceback.walk_tb = lambda tb: iter([(tb.tb_frame, 1)] * 1000)
print("linecache patched")
