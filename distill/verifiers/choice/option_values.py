"""Options of multiple choice that are numbers or formulas."""

import re

from distill.records import Outcome
from distill.verifiers.math_answer import equal, units


def index_of_value(text: str, choices: tuple[str, ...]) -> int | None:
    r"""The only option of the same value: `0.5` for `$\frac12$`."""
    if not any(c.isdigit() or c == "\\" for c in text):
        return None
    found = [i for i, choice in enumerate(choices) if equal(_with_unit(choice), text).outcome is Outcome.PASS]
    return found[0] if len(found) == 1 else None


def _with_unit(choice: str) -> str:
    """`18 m/s` with its letters marked as a unit, which an answer may leave out."""
    match = re.fullmatch(r"\s*([-+]?[\d.,]+)\s*([^\s\d\\].*?)\s*", choice)
    return rf"{match[1]}\text{{ {match[2]}}}" if match and units.measure(match[2]) else choice
