"""Where the answer stands in a text."""
