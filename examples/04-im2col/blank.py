# Hands the notebook in as it came.
# marks: 0
# base: release
