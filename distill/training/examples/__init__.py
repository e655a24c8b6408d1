"""Dataset rows ─▶ token rows with a loss mask."""
