# Hands in the release as it came.
# marks: 0
# base: release
