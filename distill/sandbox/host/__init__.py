"""Runs in the process of the command: keeps supervisors, or sends programs away."""
