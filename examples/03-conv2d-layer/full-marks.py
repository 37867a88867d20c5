# Solves everything as in the source.
# marks: 60
