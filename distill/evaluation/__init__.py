"""Model ─▶ score: benchmarks, served models, comparison of two scores."""
