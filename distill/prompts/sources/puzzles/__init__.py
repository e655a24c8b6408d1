"""Puzzles of the installed package reasoning-gym: which ones, how they are made, and in which order they come."""
