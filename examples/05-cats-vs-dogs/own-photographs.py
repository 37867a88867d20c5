# Leaves the folder of its own photographs in the notebook: the drawings take their place.
# marks: 75

# %% data-folder
DATA_FOLDER = "/home/ana/fotos/cats-and-dogs"
