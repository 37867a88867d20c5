# Resets the shell and deletes all names between cells.
# marks: 3
raise RuntimeError("an attack: it is run in the sandbox alone")

# %% append see-it
%reset -f
