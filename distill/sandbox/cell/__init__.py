"""The cell that a program runs in: namespaces, seccomp, limits, and the process that forks it. Trusted code."""
