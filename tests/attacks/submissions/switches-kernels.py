# Uses cell magics to run the test cells in other languages.
# marks: 0
# base: release
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
def shout(lines):
    return ["%%bash\n", "true\n"] if any("check_" in line for line in lines) else lines


get_ipython().input_transformers_cleanup.append(shout)
