"""Killable processes for what needs sympy."""
