# Handed in as it was released, with nothing filled in.
# marks: 0
# base: release
