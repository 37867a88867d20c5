"""What the `labkit` command does: samples, grading, gradebook, release, report."""
