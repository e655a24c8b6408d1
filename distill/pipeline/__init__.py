"""Stages in order, resumed: what `distill run` does with a recipe."""
