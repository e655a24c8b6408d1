"""Compare outputs: bytes that a program wrote, and the text that a test expects."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from itertools import zip_longest

from distill.sandbox.clean import clean

_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?", re.ASCII)
"""A number without needless leading zeros: `011` is a string of digits, not eleven."""
DEFAULT_TOLERANCE = 1e-6
"""Testlib's usual one, absolute or relative."""
_SHOWN = 60
_PRECISION = 50
_NO_BREAK_SPACE = b"\xc2\xa0"


def text_differs(checker: str, got: bytes, expected: str, tolerance: float | None = None) -> str | None:
    """Say in a few words where `got` differs from `expected`; None where it does not.

    - `exact`: the same text, except for kinds of line end and newlines at the end.
    - `tokens`: the same words, between white space of ASCII. Numbers may be written differently (`1e3`, `1000`). What
      is expected with a decimal point or an exponent may be off by `tolerance` (1e-6), absolute or relative.
    - `float`: besides, an expected integer may be met by a real number so near; integers never differ.

    Words are compared sign by sign: `Yes` is not `YES`, and a word that is not UTF-8 equals only itself.
    """
    wanted = expected.encode(errors="surrogatepass")
    if checker == "exact":
        return _first_difference(_lines(got), _lines(wanted), "line", lambda a, b: a == b)
    if got.strip() == wanted.strip():
        return None
    bound = Decimal(tolerance or DEFAULT_TOLERANCE)
    are_integers_near = checker == "float"
    return _first_difference(
        _words(got), _words(wanted), "token", lambda a, b: a == b or _is_same_number(a, b, bound, are_integers_near)
    )


def _lines(text: bytes) -> list[bytes]:
    return text.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")


def _words(text: bytes) -> list[bytes]:
    return text.replace(_NO_BREAK_SPACE, b" ").split()  # bytes split at white space of ASCII alone


def _first_difference(
    got: Sequence[bytes], expected: Sequence[bytes], unit: str, same: Callable[[bytes, bytes], bool]
) -> str | None:
    for number, (a, b) in enumerate(zip_longest(got, expected), start=1):
        if a is None:
            return f"output ends after {len(got)} of {len(expected)} {unit}s"
        if b is None:
            return f"output goes on after the expected {len(expected)} {unit}s: {_quoted(a)}"
        if not same(a, b):
            return f"{unit} {number}: expected {_quoted(b)}, got {_quoted(a)}"
    return None


def _quoted(text: bytes) -> str:
    return f"'{clean(text, _SHOWN)}'"


def _is_same_number(got: bytes, expected: bytes, tolerance: Decimal, are_integers_near: bool) -> bool:
    try:
        texts = got.decode("ascii"), expected.decode("ascii")
    except UnicodeDecodeError:
        return False
    if not all(map(_NUMBER.fullmatch, texts)):
        return False
    a, b = map(Decimal, texts)
    if a == b:
        return True
    is_near = not _is_integer(texts[1]) or (are_integers_near and not _is_integer(texts[0]))
    return is_near and _is_within(a, b, tolerance)


def _is_integer(text: str) -> bool:
    return text.lstrip("+-").isdigit()


def _is_within(a: Decimal, b: Decimal, tolerance: Decimal) -> bool:
    with localcontext(prec=_PRECISION, Emax=10**9, Emin=-(10**9)):
        return abs(a - b) <= tolerance * max(Decimal(1), abs(b))
