# Everything as in the model solution.
# marks: 60
