"""The dataset's card, a module for each group of its sections. Pure: facts of a selection ─▶ Markdown."""
