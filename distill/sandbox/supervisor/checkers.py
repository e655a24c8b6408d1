"""Compare what a program gave with what was expected: outside the sandbox, with exact builtin types only."""

import math
import re
from collections.abc import Sequence
from decimal import Decimal, localcontext
from itertools import zip_longest

_NUMBER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)(\.[0-9]*)?(?:[eE][+-]?[0-9]{1,6})?", re.ASCII)
"""A number without needless leading zeros: `011` is a string of digits, not eleven."""
DEFAULT_TOLERANCE = 1e-6
_MIN_PLACES = 6
_SHOWN = 60
_ROUNDING = 1e-9


def text_differs(checker: str, got: str, expected: str, tolerance: float | None = None) -> str | None:
    """Say in a few words where `got` differs from `expected`; None where it does not.

    - `exact`: the same text, except for kinds of line end and newlines at the end.
    - `tokens`: the same words. Numbers may be written differently (`1e3`, `1000`), with no tolerance; two decimals of
      at least six places agree if they do to the places of the shorter, since that is how both were rounded.
    - `float`: besides, what is expected with a decimal point or exponent may be off by `tolerance` (1e-6),
      absolute or relative. Integers never are.
    """
    if checker == "exact":
        return _first_difference(_lines(got), _lines(expected), "line", _same_line)
    if got.strip() == expected.strip():
        return None
    bound = (tolerance or DEFAULT_TOLERANCE) if checker == "float" else None
    return _first_difference(got.split(), expected.split(), "token", lambda a, b: _same_token(a, b, bound))


def values_differ(checker: str, got: object, expected: object, tolerance: float | None = None) -> str | None:
    """The same for results of a function: Python's equality, with expected values as JSON has them.

    Tuples count as lists, and keys of dictionaries as their JSON text, since JSON writes no others. Floats may
    differ by rounding (1e-9 relative) unless the checker is `exact`, and by `tolerance` if it is `float`.
    """
    relative = {"exact": 0.0, "float": tolerance or DEFAULT_TOLERANCE}.get(checker, _ROUNDING)
    if _same_value(got, expected, relative):
        return None
    return f"expected {shown(repr_of(expected))}, got {shown(repr_of(got))}"


def shown(text: str) -> str:
    """Cut a text to what fits into a reason."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def repr_of(value: object) -> str:
    """A repr that no large integer and no depth can break."""
    try:
        return repr(value)
    except (ValueError, RecursionError):
        return f"a {type(value).__name__} too large to show"


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").rstrip("\n").split("\n")


def _same_line(a: str, b: str) -> bool:
    return a == b


def _first_difference(got: Sequence[str], expected: Sequence[str], unit: str, same: object) -> str | None:
    assert callable(same)
    for number, (a, b) in enumerate(zip_longest(got, expected), start=1):
        if a is None:
            return f"output ends after {len(got)} of {len(expected)} {unit}s"
        if b is None:
            return f"output goes on after the expected {len(expected)} {unit}s: {shown(a)!r}"
        if not same(a, b):
            return f"{unit} {number}: expected {shown(b)!r}, got {shown(a)!r}"
    return None


def _same_token(got: str, expected: str, tolerance: float | None) -> bool:
    if got == expected:
        return True
    got_match, expected_match = _NUMBER.fullmatch(got), _NUMBER.fullmatch(expected)
    if not got_match or not expected_match:
        return False
    a, b = Decimal(got), Decimal(expected)
    if a == b:
        return True
    if tolerance is not None and not expected.lstrip("+-").isdigit():
        return _is_within(a, b, tolerance)
    places = min(len(match[1] or ".") - 1 for match in (got_match, expected_match))
    return places >= _MIN_PLACES and "e" not in (got + expected).lower() and _is_within(a, b, None, places)


def _is_within(a: Decimal, b: Decimal, tolerance: float | None, places: int = 0) -> bool:
    with localcontext(prec=max(50, places + 20), Emax=10**9, Emin=-(10**9)):
        bound = Decimal(5).scaleb(-places - 1) if tolerance is None else Decimal(tolerance) * max(Decimal(1), abs(b))
        return abs(a - b) <= bound


def _same_value(got: object, expected: object, tolerance: float) -> bool:
    if isinstance(expected, list):
        if not isinstance(got, (list, tuple)) or len(got) != len(expected):
            return False
        return all(_same_value(a, b, tolerance) for a, b in zip(got, expected, strict=True))
    if isinstance(expected, dict):
        if not isinstance(got, dict) or len(got) != len(expected):
            return False
        named = {_json_key(key): value for key, value in got.items()}
        return all(key in named and _same_value(named[key], value, tolerance) for key, value in expected.items())
    if isinstance(expected, float) and isinstance(got, (int, float)) and not isinstance(got, bool):
        return got == expected or _is_close(got, expected, tolerance)
    return type(got) not in (list, tuple, dict) and bool(got == expected)


def _is_close(got: float, expected: float, tolerance: float) -> bool:
    try:
        return math.isclose(
            got, expected, rel_tol=tolerance, abs_tol=tolerance if tolerance > _ROUNDING else tolerance / 1000
        )
    except OverflowError:
        return False


def _json_key(key: object) -> object:
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return str(key) if isinstance(key, (int, float)) else key
