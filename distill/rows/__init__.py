"""Rows of files: prompts, completions and verdicts, read and written."""
