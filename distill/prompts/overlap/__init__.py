"""How texts overlap: comparable tokens, near-duplicates, contamination. Pure values, no I/O."""
