# Deletes three test cells by accident from a notebook that solves everything.
# marks: 60

# %% delete test_zero_pad_basic

# %% delete test_conv_forward_stride

# %% delete test_conv_backward_basic_dW
