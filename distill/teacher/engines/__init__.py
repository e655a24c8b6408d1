"""Engines that distill starts itself, and the teachers that it knows how to serve."""
