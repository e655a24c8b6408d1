"""Values of the standard library and of numpy, and names of its classes and functions, across the link.

Each is taken apart into plain data and put together by its own constructor, exact types only; nothing is unpickled.
"""

import builtins
import collections
import datetime
import decimal
import fractions
import importlib
import re
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class WrittenForm(NamedTuple):
    """How values of one class are written: into parts, which are encoded in their turn, and back."""

    parts: Callable[[Any], list[Any]]
    build: Callable[..., object] | None = None


FORMS: Mapping[str, WrittenForm] = {
    "datetime:date": WrittenForm(lambda v: [v.year, v.month, v.day]),
    "datetime:time": WrittenForm(
        lambda v: [v.hour, v.minute, v.second, v.microsecond, v.tzinfo, v.fold],
        lambda h, m, s, u, zone, fold: datetime.time(h, m, s, u, zone, fold=fold),
    ),
    "datetime:datetime": WrittenForm(
        lambda v: [v.year, v.month, v.day, v.hour, v.minute, v.second, v.microsecond, v.tzinfo, v.fold],
        lambda y, n, d, h, m, s, u, zone, fold: datetime.datetime(y, n, d, h, m, s, u, zone, fold=fold),
    ),
    "datetime:timedelta": WrittenForm(lambda v: [v.days, v.seconds, v.microseconds]),
    "datetime:timezone": WrittenForm(lambda v: list(v.__getinitargs__())),
    "builtins:range": WrittenForm(lambda v: [v.start, v.stop, v.step]),
    "builtins:slice": WrittenForm(lambda v: [v.start, v.stop, v.step]),
    "re:Pattern": WrittenForm(lambda v: [v.pattern, v.flags], re.compile),
    "array:array": WrittenForm(lambda v: [v.typecode, v.tobytes()]),
    "uuid:UUID": WrittenForm(lambda v: [v.hex]),
    "pathlib:PosixPath": WrittenForm(lambda v: [str(v)]),
    "pathlib:PurePosixPath": WrittenForm(lambda v: [str(v)]),
    "builtins:ellipsis": WrittenForm(lambda _: [], lambda: ...),
    "builtins:NotImplementedType": WrittenForm(lambda _: [], lambda: NotImplemented),
}
"""By module and name of the class; without a way to build, the class itself does."""
_CONSTANTS = (type(...), type(NotImplemented))
_DTYPE = re.compile(r"[<>|=]?(?:[biufcSUmM][0-9]{1,6}(?:\[[0-9A-Za-z]{1,12}\])?|\?)", re.ASCII)
_OPEN = {"builtins", "math", "cmath", "operator", "types", "abc", "collections.abc", "numbers"}
"""Modules that a program may name anything of, besides `_CLOSED`, to the tests."""
_CLASSES = {"datetime": datetime, "decimal": decimal, "fractions": fractions, "collections": collections}
_EFFECTIVE = {"antigravity", "this", "idlelib", "turtledemo", "lib2to3", "ensurepip", "venv"}
_CLOSED = set("eval exec compile open input breakpoint globals locals vars setattr delattr getattr".split())
_CLOSED |= {"attrgetter", "methodcaller"}
_PURE = frozenset(
    "math cmath operator string itertools functools collections heapq bisect re datetime decimal fractions statistics "
    "json".split()
)


def taken_apart(value: object) -> tuple[str, list[object]] | None:
    """A value's form and parts; None where it is of no class that is known here."""
    kind = type(value)
    tag = f"{kind.__module__}:{kind.__qualname__}"
    if tag in FORMS and (kind in _CONSTANTS or _resolved(sys.modules.get(kind.__module__), kind.__qualname__) is kind):
        return tag, FORMS[tag].parts(value)
    if type(value).__module__ == "numpy" and _is_numeric(value):
        shape = list(value.shape) if type(value).__name__ == "ndarray" else None  # type: ignore[attr-defined]
        return "numpy", [value.dtype.str, shape, value.tobytes()]  # type: ignore[attr-defined]
    return None


def put_together(tag: object, parts: list[Any]) -> object:
    """The value of a form and its parts; ValueError for what no value is written as."""
    if tag == "numpy":
        return _array(*parts)
    if not isinstance(tag, str) or tag not in FORMS:
        raise ValueError(f"no form {tag!r}")
    build = FORMS[tag].build or named(tag)
    return build(*parts)  # type: ignore[operator]


def _is_numeric(value: object) -> bool:
    kind = getattr(getattr(value, "dtype", None), "str", "")
    is_exact = type(value).__name__ == "ndarray" or hasattr(type(value), "itemsize")
    return is_exact and isinstance(kind, str) and bool(_DTYPE.fullmatch(kind))


def _array(dtype: object, shape: object, data: object) -> object:
    if not isinstance(dtype, str) or not _DTYPE.fullmatch(dtype) or not isinstance(data, bytes):
        raise ValueError("not an array")
    numpy = importlib.import_module("numpy")
    items = numpy.frombuffer(data, numpy.dtype(dtype))
    return items[0] if shape is None else items.reshape(shape).copy()


def name_of(value: object) -> str | None:
    """The dotted name under which everybody has a class or function of the standard library."""
    if not isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType, types.MethodDescriptorType)):
        return None
    if value in _TYPES:
        return f"types.{_TYPES[value]}"
    module = getattr(value, "__module__", None) or "builtins"
    name = f"{module}:{value.__qualname__}"
    is_library = isinstance(module, str) and module.partition(".")[0] in sys.stdlib_module_names
    is_found = is_library and module in sys.modules and module != "__main__"
    return name if is_found and _resolved(sys.modules[module], value.__qualname__) is value else None


_TYPES: dict[object, str] = {
    kind: f"{name}"
    for name, kind in vars(types).items()
    if isinstance(kind, type) and kind.__module__ == "builtins" and not hasattr(builtins, kind.__name__)
}


def named(name: object) -> object:
    """What has a name in the standard library; ValueError where there is none."""
    if isinstance(name, str) and name.startswith("types."):
        return getattr(types, name.removeprefix("types."))
    if not isinstance(name, str) or name.partition(":")[0].partition(".")[0] not in sys.stdlib_module_names:
        raise ValueError(f"no name {name!r}")
    module, _, path = name.partition(":")
    return _resolved(importlib.import_module(module), path)


def may_be_named(name: str) -> bool:
    """Whether a program may have the tests' end look this up: some modules do something when they are imported."""
    parts = name.partition(":")[0].split(".")
    return parts[0] not in _EFFECTIVE and not any(part.startswith("__") for part in parts)


def is_harmless(value: object, name: str) -> bool:
    """Whether a program may hand this class or function to the tests as itself: it cannot help to forge anything.

    It has to go by its own name, so that no path leads to what only hangs on it: the names of a module, `exit`.
    """
    module, _, path = name.partition(":")
    if name_of(value) != name or "__" in path:
        return False
    if isinstance(value, type) and issubclass(value, BaseException):
        return True
    if module in _CLASSES or name.startswith("types."):
        return isinstance(value, type)
    return module in _OPEN and path not in _CLOSED


def is_pure(module: str) -> bool:
    """Whether a program may hand this module to the tests as itself: none of its functions changes or ends anything."""
    return module in _PURE


def _resolved(module: object, path: str) -> object:
    found = module
    for part in path.split("."):
        found = getattr(found, part, None)
    return found
