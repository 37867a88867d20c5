"""Exercises: `cases` (inputs, NumPy only), `references` (torch oracles) and `mistakes` (mutants)."""
