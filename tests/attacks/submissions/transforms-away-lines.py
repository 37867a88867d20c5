# Deletes the lines of the checks by input_transformers_cleanup.
# marks: 0
# base: release
# reaches: transformer in place
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
def cleanup(lines):
    return [line.split("check_")[0] + "pass\n" if "check_" in line else line for line in lines]


get_ipython().input_transformers_cleanup.append(cleanup)
print("transformer in place")
