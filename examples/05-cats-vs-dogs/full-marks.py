# Solves everything, as in the source.
# marks: 75
