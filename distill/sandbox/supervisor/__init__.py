"""The worker process: it knows what is expected, runs nothing that it is sent, and decides."""
