# Counts the images by the first axis of the labels, which loses them when they come in a row.
# marks: 73

# %% one_hot_encode
def one_hot_encode(labels, num_classes):
    m = labels.shape[0]
    Y = np.zeros((m, num_classes))
    Y[np.arange(m), labels] = 1
    return Y
