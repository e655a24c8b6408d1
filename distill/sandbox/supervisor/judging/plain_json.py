"""Values for judges: what a function returned, written as JSON that any language reads, without our tags."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal

_MAX_DIGITS = 1 << 16
"""Of an integer, in hexadecimal: writing it in decimal takes quadratic time."""


def plain_json(data: object) -> str:
    """JSON for what `distill.sandbox.plain.encode` wrote: tuples and sets as lists, keys of dictionaries as text.

    ValueError where a value has no such form: objects, integers of more than 65,536 hexadecimal digits.
    """
    if isinstance(data, list):
        return f"[{', '.join(map(plain_json, data))}]"
    if not isinstance(data, dict):
        return json.dumps(data)
    try:
        ((tag, content),) = data.items()
        return _WRITERS[tag](content)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise ValueError(f"no plain data: {', '.join(map(str, data))[:40]}") from error


def _integer(digits: str) -> str:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"an integer of {len(digits)} hexadecimal digits")
    return str(Decimal(int(digits, 16)))  # the decimal of an int has no limit of digits


def _object(pairs: list[list[object]]) -> str:
    return f"{{{', '.join(f'{_key(key)}: {plain_json(value)}' for key, value in pairs)}}}"


def _key(key: object) -> str:
    written = plain_json(key)
    return written if written.startswith('"') else json.dumps(written)


def _decimal(text: str) -> str:
    number = Decimal(text)
    return format(number, "e") if number.is_finite() else json.dumps(float(text))


def _fraction(parts: list[object]) -> str:
    return json.dumps("/".join(map(plain_json, parts)))


_WRITERS: Mapping[str, Callable[..., str]] = {
    "int": _integer,
    "float": lambda text: json.dumps(float(text)),
    "str": lambda digits: json.dumps(bytes.fromhex(digits).decode("utf-8", "surrogatepass")),
    "bytes": lambda digits: json.dumps(bytes.fromhex(digits).decode(errors="replace")),
    "complex": plain_json,
    "decimal": _decimal,
    "fraction": _fraction,
    "tuple": plain_json,
    "set": plain_json,
    "frozenset": plain_json,
    "deque": plain_json,
    "dict": _object,
}
