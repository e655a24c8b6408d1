"""A model is scored: what it is, on which benchmarks, how its scores are kept and compared."""
