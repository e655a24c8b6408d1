"""Plain data across the wall: Python values as JSON that only ever decodes to exact builtin types.

Subclasses are written as the builtin they extend, so an overridden `__eq__` stays behind; pickles are
never used. What is not plain data becomes a tag that equals no value, or a handle where the caller gives one.
"""

import math
from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction

_BIG = 1 << 2048
"""Larger integers cross in hexadecimal, which reads in linear time."""


class Opaque:
    """A result that is not plain data; it equals nothing but itself."""

    def __init__(self, kind: str) -> None:
        """`kind` is the name of its class."""
        self.kind = kind

    def __repr__(self) -> str:
        return f"<{self.kind} object>"


def encode(value: object, handle: Callable[[object], object] | None = None) -> object:
    """Write `value` as JSON data. `handle` names objects that are not plain data; without it they become `Opaque`.

    Lists, strings, small integers, finite floats, booleans and None are themselves, all others an object of one key.
    """
    if value is None or value is True or value is False:
        return value
    if isinstance(value, (int, float, str, bytes, complex)):
        return _encode_scalar(value)
    if isinstance(value, list):
        return [encode(item, handle) for item in list.__iter__(value)]
    if isinstance(value, dict):
        return {"dict": [[encode(k, handle), encode(v, handle)] for k, v in dict.items(value)]}
    for name, kind in (("tuple", tuple), ("set", set), ("frozenset", frozenset), ("deque", deque)):
        if isinstance(value, kind):
            return {name: [encode(item, handle) for item in kind.__iter__(value)]}  # type: ignore[arg-type]
    return _encode_other(value, handle)


def _encode_scalar(value: str | bytes | complex) -> object:
    if isinstance(value, int):
        number = int.__index__(value)
        return number if -_BIG < number < _BIG else {"int": hex(number)}
    if isinstance(value, float):
        number_ = float.__float__(value)
        return number_ if math.isfinite(number_) else {"float": float.__repr__(number_)}
    if isinstance(value, str):
        text = str.__str__(value)
        return text if text.isascii() or _is_utf8(text) else {"str": text.encode("utf-8", "surrogatepass").hex()}
    if isinstance(value, bytes):
        return {"bytes": bytes.hex(value)}
    return {"complex": [encode(value.real), encode(value.imag)]}


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _encode_other(value: object, handle: Callable[[object], object] | None) -> object:
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, Fraction):
        return {"fraction": [encode(value.numerator), encode(value.denominator)]}
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        if type(value).__name__ in {"bool", "bool_"}:  # equal to True, and not True itself
            return {"int": hex(value.tolist())}
        return encode(value.tolist(), handle)
    if handle is not None:
        return {"ref": handle(value)}
    return {"opaque": type(value).__name__}


def decode(data: object, refer: Callable[[object], object] | None = None) -> object:
    """Read what `encode` wrote. Raises ValueError for anything else; `refer` resolves handles."""
    if isinstance(data, list):
        return [decode(item, refer) for item in data]
    if not isinstance(data, dict):
        return data
    if len(data) != 1:
        raise ValueError("a tagged value has one key")
    ((tag, content),) = data.items()
    if tag == "ref" and refer is not None:
        return refer(content)
    reader = _READERS.get(tag)
    if reader is None:
        raise ValueError(f"unknown tag {tag!r}")
    try:
        return reader(content, refer)
    except (TypeError, ArithmeticError) as error:
        raise ValueError(f"malformed {tag}: {error}") from error


_Refer = Callable[[object], object] | None


def _items(content: object, refer: _Refer) -> list[object]:
    if not isinstance(content, list):
        raise TypeError("not a list")
    return [decode(item, refer) for item in content]


def _text(content: object) -> str:
    if not isinstance(content, str):
        raise TypeError("not text")
    return content


def _number(content: object) -> float:
    value = decode(content)
    if not isinstance(value, (int, float)):
        raise TypeError("not a number")
    return value


def _fraction(content: object, refer: _Refer) -> Fraction:
    numerator, denominator = _items(content, refer)
    if not isinstance(numerator, int) or not isinstance(denominator, int):
        raise TypeError("not two integers")
    return Fraction(numerator, denominator)


def _complex(content: object, refer: _Refer) -> complex:
    real, imaginary = _items(content, refer)
    return complex(_number(real), _number(imaginary))


def _dict(content: object, refer: _Refer) -> dict[object, object]:
    pairs = _items(content, refer)
    return {pair[0]: pair[1] for pair in pairs if isinstance(pair, list) and len(pair) == 2}


_READERS: Mapping[str, Callable[[object, _Refer], object]] = {
    "int": lambda c, _: int(_text(c), 16),
    "float": lambda c, _: float(_text(c)),
    "str": lambda c, _: bytes.fromhex(_text(c)).decode("utf-8", "surrogatepass"),
    "bytes": lambda c, _: bytes.fromhex(_text(c)),
    "complex": _complex,
    "decimal": lambda c, _: Decimal(_text(c)),
    "fraction": _fraction,
    "tuple": lambda c, r: tuple(_items(c, r)),
    "set": lambda c, r: set(_items(c, r)),
    "frozenset": lambda c, r: frozenset(_items(c, r)),
    "deque": lambda c, r: deque(_items(c, r)),
    "dict": _dict,
    "opaque": lambda c, _: Opaque(_text(c)),
}
