"""Runs in a process of its own between the command and the cells: tests, compilers, comparing outputs."""
