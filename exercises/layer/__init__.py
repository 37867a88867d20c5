"""Lab 3 (NCHW): Conv2D and the layers around it, as classes with forward and backward.

Images are (m, n_C, n_H, n_W) and kernels (filters, in_channels, kH, kW), as in torch. A layer's
backward returns the gradients of its parameters and then dX; a layer without parameters returns dX
alone. Every case is plain data: the drivers build the student's layer with weights that initializers
hand over, and drive it.
"""

from __future__ import annotations

from .convolution import CONV2D, CONV2D_BACKWARD, DILATE, RESOLVE_PADDING
from .network import (
    BIAS,
    BUILD_CNN,
    CONV_BLOCK,
    FLATTEN,
    LINEAR,
    MAX_POOL2D,
    RELU,
    SEQUENTIAL,
)

SETUP = """
import numpy as np


def uniform(shape):
    return np.full(shape, 0.5)


def constant(values):
    return lambda shape: np.array(np.broadcast_to(values, shape), dtype=float)
"""
"""What the notebook gives before the solutions."""

EXERCISES = (
    RESOLVE_PADDING,
    CONV2D,
    DILATE,
    CONV2D_BACKWARD,
    BIAS,
    RELU,
    MAX_POOL2D,
    FLATTEN,
    LINEAR,
    SEQUENTIAL,
    CONV_BLOCK,
    BUILD_CNN,
)
