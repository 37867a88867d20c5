"""Lab 5: a small convolutional network (NHWC), its training, and the cats and dogs.

The network is conv 3×3 (stride 1, pad 1) -> ReLU -> max pool 2×2 -> fully connected -> softmax. Its
parameters are W1 (3, 3, n_C_prev, n_C), b1 (1, 1, 1, n_C), W2 (n_H/2 * n_W/2 * n_C, classes) and
b2 (1, classes). Its caches are those of the four layers: (images, W1, b1, hparameters), Z1,
(A1, hparameters) and (flat, W2, b2).
"""

from __future__ import annotations

from . import pets, pieces, whole

SETUP = """\
import numpy as np
from fastconv import conv_backward, conv_forward, pool_backward, pool_forward

HPARAMETERS_CONV = {"stride": 1, "pad": 1}
HPARAMETERS_POOL = {"f": 2, "stride": 2}
"""

EXERCISES = (*pieces.EXERCISES, *whole.EXERCISES, *pets.EXERCISES)
