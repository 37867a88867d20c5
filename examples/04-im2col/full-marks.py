# Solves everything.
# marks: 60
