"""Run students' notebooks: a sandbox that holds them, and a runner that executes their cells."""
