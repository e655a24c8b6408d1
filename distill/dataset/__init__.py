"""Composes a dataset of runs: what is chosen, what it looks like on disk, and the facts of its card."""

from distill.dataset.files import SCHEMA
from distill.dataset.readers import here, on_ray
from distill.dataset.select import select

__all__ = ["SCHEMA", "here", "on_ray", "select"]
