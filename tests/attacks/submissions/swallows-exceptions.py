# Makes the shell run each cell inside a try, and say that it went well.
# marks: 0
# base: release
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append imports
def wrap(lines):
    return ["try:\n", *("    " + line for line in lines), "\nexcept BaseException:\n    pass\n"]


get_ipython().input_transformers_post.append(wrap)
print("wrapped")
