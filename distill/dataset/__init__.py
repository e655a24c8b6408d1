"""Composes a dataset of runs: what is chosen, what it looks like on disk, and the facts of its card."""
