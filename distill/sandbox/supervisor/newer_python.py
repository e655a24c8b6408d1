"""Errors of a program that was written for a newer Python than the one that runs it: our lack, not its own."""

import re
from types import MappingProxyType

_NEWER = MappingProxyType(
    {
        "itertools": {"batched"},
        "math": {"sumprod", "fma"},
        "random": {"binomialvariate"},
        "statistics": {"kde", "kde_random"},
        "typing": {"override", "TypeAliasType", "TypeIs", "ReadOnly", "NoDefault"},
        "collections.abc": {"Buffer"},
        "copy": {"replace"},
        "warnings": {"deprecated"},
        "heapq": {"heapify_max", "heappush_max", "heappop_max", "heapreplace_max", "heappushpop_max"},
        "operator": {"is_none", "is_not_none"},
    }
)
"""What Python 3.12 to 3.14 have added to modules: https://docs.python.org/3/whatsnew/."""
_LACKING = re.compile(
    r"(?:Import|Attribute)Error: (?:cannot import name|module) '([\w.]++)' (?:from|has no attribute) '([\w.]++)'"
)
_TYPES = re.compile(r"type\s++\w++(?:\[[^\]=]*+\])?+\s*+=|(?:async\s++)?+(?:def|class)\s++\w++\[")
_QUOTED = {quote: re.compile(rf"\{{[^{{}}{quote}]*+{quote}[^{{}}]*+\}}") for quote in "\"'"}
"""Quotes within the braces of an f-string."""
_BACKSLASH = "f-string expression part cannot include"


def needs_newer(stderr: str) -> bool:
    """Whether the error that a program ended with is one that a newer Python does not have.

    That is: statements and parameters of types, f-strings with their own quotes or backslashes inside, and what
    modules lack.
    """
    lines = [line.strip() for line in stderr.rstrip().split("\n")]
    if lines[-1].startswith("SyntaxError: "):
        shown = next((line for line in reversed(lines[:-1]) if line.strip("^~ ")), "")
        return _has_newer_syntax(shown, lines[-1])
    found = _LACKING.match(lines[-1])
    if found is None:
        return False
    module, name = (found[2], found[1]) if found[0].startswith("Import") else (found[1], found[2])
    return name in _NEWER.get(module, ())


def _has_newer_syntax(line: str, error: str) -> bool:
    if "f-string" not in error:
        return _TYPES.match(line) is not None
    has_own = any(f"f{quote}" in line.lower() and pattern.search(line) for quote, pattern in _QUOTED.items())
    return _BACKSLASH in error or has_own
