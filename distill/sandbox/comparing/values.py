"""Compare results of functions, in the form in which `plain` sends them, with values that a test expects.

A value that came is JSON data, an object of one key where it is no list, text or number (`{"tuple": […]}`). It is
walked beside the value that is expected. An object of the program is `{"opaque": …}`, and equals nothing.
"""

import json
import math
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from decimal import Decimal
from fractions import Fraction

from distill.sandbox.clean import clean
from distill.sandbox.comparing.texts import DEFAULT_TOLERANCE
from distill.sandbox.plain import decode, encode

_ROUNDING = 1e-9
_ROOM, _ROOM_FACTOR = 1 << 16, 32
"""Bytes of a result, plus so many for each of the expected value: more can only be wrong."""
_MAX_DIGITS = 4000
"""Of numbers that are not built-in integers and floats."""
_MAX_DEPTH = 500
"""Of lists in lists: what encodes a result gets no deeper."""
_SHOWN = 60

Same = Callable[[object, object], bool]


def room_for(expected: object) -> int:
    """How many bytes a result may take that could be the expected value; longer ones are wrong unread."""
    return _ROOM + _ROOM_FACTOR * len(json.dumps(encode(expected)))


def is_deep(data: object) -> bool:
    """Whether what came is nested so deep that not even writing it down would go well."""
    level = [data]
    for _ in range(_MAX_DEPTH):
        parts = [part.values() if isinstance(part, dict) else part for part in level if isinstance(part, (dict, list))]
        level = [item for part in parts for item in part]
        if not level:
            return False
    return True


def value_differs(checker: str, got: object, expected: object, tolerance: float | None = None) -> str | None:
    """Say where `got` differs from a value of JSON; None where it does not.

    Tuples count as lists, and keys of dictionaries as their JSON text, since JSON writes no others; NaN is NaN. Floats
    may differ by rounding (1e-9 relative) unless the checker is `exact`, and by `tolerance` (1e-6) if it is `float`.
    """
    relative = {"exact": 0.0, "float": tolerance or DEFAULT_TOLERANCE}.get(checker, _ROUNDING)
    if _is_same_json(got, expected, relative):
        return None
    return f"expected {clean(spelled(expected), _SHOWN)}, got {shown_value(got, _SHOWN)}"


def _is_same_json(got: object, expected: object, tolerance: float) -> bool:
    if isinstance(expected, list):
        items = _items(got, "tuple") if isinstance(got, dict) else got
        return _are_same_items(items, expected, lambda a, b: _is_same_json(a, b, tolerance))
    if isinstance(expected, dict):
        named = _by_json_key(got, len(expected))
        return named is not None and all(
            key in named and _is_same_json(named[key], value, tolerance) for key, value in expected.items()
        )
    if isinstance(expected, float):
        number = _scalar(got)
        return isinstance(number, (int, float, Decimal, Fraction)) and _is_close(number, expected, tolerance)
    return is_equal(got, expected)


def _are_same_items(items: object, expected: list[object] | tuple[object, ...], same: Same) -> bool:
    if not isinstance(items, list) or len(items) != len(expected):
        return False
    return all(same(a, b) for a, b in zip(items, expected, strict=True))


def _items(got: object, *tags: str) -> object:
    """What stands under one of the tags; None where none does."""
    if not isinstance(got, dict) or len(got) != 1:
        return None
    return next((got[tag] for tag in tags if tag in got), None)


def _pairs(got: object, size: int) -> list[tuple[object, object]] | None:
    """The items of a dictionary of that size."""
    pairs = _items(got, "dict")
    if not isinstance(pairs, list) or len(pairs) != size:
        return None
    return [(pair[0], pair[1]) for pair in pairs if isinstance(pair, list) and len(pair) == 2]


def _by_json_key(got: object, size: int) -> dict[str, object] | None:
    """A dictionary of that size by the JSON text of its keys; None where two keys are written alike."""
    named = {}
    for key, value in _pairs(got, size) or ():
        if key is None or isinstance(key, (str, int, float)):
            named[_json_key(key)] = value
    return named if len(named) == size and _items(got, "dict") is not None else None


def is_equal(got: object, expected: object) -> bool:
    """Whether a value that came equals a Python value, as `==` has it between values of builtin types."""
    if isinstance(expected, list):
        return _are_same_items(got, expected, is_equal)
    if isinstance(expected, tuple):
        return _are_same_items(_items(got, "tuple"), expected, is_equal)
    if isinstance(expected, dict):
        pairs = _pairs(got, len(expected))
        return pairs is not None and _is_same_dict(pairs, expected)
    if isinstance(expected, AbstractSet):
        items = _items(got, "set", "frozenset")
        return isinstance(items, list) and len(items) == len(expected) and _are_all(items, expected)
    if isinstance(expected, (str, bytes)):
        return _scalar(got, len(expected)) == expected
    number = _scalar(got, expected.bit_length() if isinstance(expected, int) else 0)
    return number is None if expected is None else number is not None and bool(number == expected)


def _is_same_dict(pairs: list[tuple[object, object]], expected: dict[object, object]) -> bool:
    keys = [_key(key) for key, _ in pairs]
    if not _are_all(keys, expected.keys(), as_is=True):
        return False
    return all(is_equal(value, expected[key]) for key, (_, value) in zip(keys, pairs, strict=True))


def _are_all(items: Iterable[object], expected: AbstractSet[object], *, as_is: bool = False) -> bool:
    """Whether these are the members of a set; each is looked up there, so no set of what came can be slow."""
    found = [item if as_is else _key(item) for item in items]
    return all(item in expected for item in found) and len(set(found)) == len(expected)


class _Unknown:
    """A key that no expected value has."""


def _key(data: object) -> object:
    """A member of a set or a key; of builtin types that can be hashed."""
    try:
        key = decode(data)
        hash(key)
    except (ValueError, TypeError, RecursionError):
        return _Unknown()
    return key


def _scalar(data: object, size: int = 0) -> object:
    """A text, a number or a boolean; an object that equals nothing where it is something else, or too long."""
    if not isinstance(data, dict):
        return object() if isinstance(data, list) else data
    content = next(iter(data.values()), None)
    texts = content if isinstance(content, list) else [content]
    allowed = max(_MAX_DIGITS, 8 * size)
    if set(data) & {"int", "float", "str", "bytes", "complex", "decimal", "fraction"} and _length(texts) <= allowed:
        try:
            return _quiet(decode(data))
        except (ValueError, RecursionError):
            return object()
    return object()


def _length(texts: Iterable[object]) -> int:
    return sum(len(str(text)) if not isinstance(text, int) else text.bit_length() // 3 for text in texts)


def _quiet(value: object) -> object:
    """A signalling NaN raises in every comparison."""
    return object() if isinstance(value, Decimal) and value.is_nan() else value


def _is_close(got: float | Decimal | Fraction, expected: float, tolerance: float) -> bool:
    if isinstance(got, bool):
        return got == expected
    try:
        value = float(got)
    except (OverflowError, ValueError):
        return False
    if math.isnan(expected):
        return math.isnan(value)
    absolute = tolerance if tolerance > _ROUNDING else tolerance / 1000
    return got == expected or math.isclose(value, expected, rel_tol=tolerance, abs_tol=absolute)


def is_true(data: object) -> bool:
    """The truth of a value that came."""
    if not isinstance(data, dict):
        return bool(data)
    ((tag, content),) = data.items()
    return bool(_scalar(data)) if tag in {"int", "float", "complex", "decimal", "fraction"} else bool(content)


def is_opaque(data: object) -> bool:
    """Whether what came is an object of the program itself, not a value."""
    return isinstance(data, dict) and "opaque" in data


def _json_key(key: object) -> str:
    return key if isinstance(key, str) else json.dumps(key)


def shown_value(data: object, limit: int) -> str:
    """A value that came, for people."""
    text = json.dumps(data)
    if is_opaque(data):
        return f"an object of class {clean(str(_items(data, 'opaque')), limit)}"
    if len(text) > _ROOM:
        return clean(text, limit)
    try:
        return clean(spelled(decode(data)), limit)
    except (ValueError, RecursionError):
        return clean(text, limit)


def spelled(value: object) -> str:
    """A repr that no large integer and no depth can break."""
    try:
        return repr(value)
    except (ValueError, RecursionError):
        return f"a {type(value).__name__} too large to show"
