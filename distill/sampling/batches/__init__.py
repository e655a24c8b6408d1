"""Samples drawn by a provider's batches, into the same tables."""
