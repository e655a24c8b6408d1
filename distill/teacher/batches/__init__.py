"""A provider's batches: files of requests that are answered within a day."""
