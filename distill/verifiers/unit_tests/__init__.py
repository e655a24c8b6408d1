"""Programs against unit tests: the program in a text, and what the sandbox says of it."""
