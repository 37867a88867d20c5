"""Lab 4: convolution as a matrix product, and its gradients by hand (torch, NCHW).

Images are (N, C, H, W), filters (C_out, C_in, kH, kW), biases (C_out,), and columns are laid out as
`torch.nn.functional.unfold` does: (N, C * kH * kW, L) for L windows. A case holds NumPy arrays; the
student's function gets float64 tensors.
"""

from __future__ import annotations

from . import backward, forward

SETUP = "import torch\nimport torch.nn.functional as F"

EXERCISES = (*forward.EXERCISES, *backward.EXERCISES)
