"""Lab 6: tensors, data, a network of the student's own design, its training (torch, NCHW).

Images come from disk as uint8 (N, H, W, 3) and go into a network as float32 (N, 3, H, W) from -1 to
1. Cases hold NumPy arrays; the drivers turn them into tensors on the same memory, so that a change of
an argument shows.

Training and evaluation run on small networks that the drivers build, so that every number can be
compared. Of the student's own network what is observed is data: what it answers, what it holds before
and after it learns. The facts that hold for any sensible network are read from that, elsewhere.
"""

from __future__ import annotations

from . import data, network, tensors, training

SETUP = """
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset
"""

EXERCISES = (
    *tensors.EXERCISES,
    *data.EXERCISES,
    *network.EXERCISES,
    *training.EXERCISES,
)
