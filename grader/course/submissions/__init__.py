"""From what a student handed in, whatever happened to it, to a notebook that can be graded."""
