"""Verifiers decide on a sample. They are named by mechanism; a prompt's reference says which it needs."""
