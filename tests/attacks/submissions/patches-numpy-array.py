# Replaces np.array and np.asarray, which the checks copy results with.
# marks: 0
# base: release
# reaches: numpy patched
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
real = np.array
np.array = np.asarray = lambda value, *_, **__: real(0.0)
print("numpy patched")
