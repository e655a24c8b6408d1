"""Sources ─▶ prompt rows, freed of duplicates and of benchmark problems (`distill prompts`)."""
