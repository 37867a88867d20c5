"""Torch oracles in float64, one module a family, one function an exercise, under the same name."""
