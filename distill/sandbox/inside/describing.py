"""What one end of a link says of an object that it lends: its class, and the value that it is besides, if any."""

import types
from typing import Protocol

from distill.sandbox import plain
from distill.sandbox.inside import boxes, values
from distill.sandbox.inside.lent_function import parameters_of
from distill.sandbox.inside.stand_in import SPECIAL

_VALUES = (BaseException, int, float, complex, str, bytes, tuple, frozenset)


class Lender(Protocol):
    """Who lends objects."""

    @property
    def is_guarded(self) -> bool:
        """Whether these are the tests' objects."""
        ...

    def encode(self, value: object) -> object:
        """Write a value."""
        ...

    def class_of(self, kind: type) -> object:
        """Write a class, which is lent even if the other end has it too."""
        ...

    def box_of(self, value: object) -> int | None:
        """The number of a container that both ends have from then on."""
        ...


def described(value: object, lender: Lender) -> dict[str, object]:
    """What the other end has to know of an object to make a stand-in for it."""
    if isinstance(value, type):
        return _described_class(lender, value)
    found: dict[str, object] = {"class": lender.class_of(type(value))}
    if isinstance(value, BaseException):
        found["plain"] = {"tuple": [lender.encode(item) for item in value.args]}
    elif isinstance(value, _VALUES):
        found["plain"] = plain.encode(value) if not isinstance(value, (tuple, frozenset)) else _items(lender, value)
    elif boxes.kind_of(value):
        found["box"] = lender.box_of(value)
    if isinstance(value, types.FunctionType) and lender.is_guarded:
        found |= {"name": value.__name__, "doc": value.__doc__, "parameters": parameters_of(value)}
    return found


def _items(lender: Lender, value: tuple[object, ...] | frozenset[object]) -> object:
    kind = tuple if isinstance(value, tuple) else frozenset
    return {kind.__name__: [lender.encode(item) for item in kind.__iter__(value)]}  # type: ignore[arg-type]


def _described_class(lender: Lender, kind: type) -> dict[str, object]:
    base = next((b for b in kind.__mro__ if b in (*_VALUES, *boxes.KINDS) or _is_builtin_error(b)), object)
    found = [name for name in SPECIAL if _in_class(kind, name) is not _in_class(base, name)]
    bases = [lender.encode(b) if b is base or _is_builtin_error(b) else lender.class_of(b) for b in kind.__bases__]
    return {
        "name": kind.__name__,
        "bases": [b for b, own in zip(bases, kind.__bases__, strict=True) if own is not object],
        "specials": found,
        "names": [name for name in kind.__dict__ if not name.startswith("__") or name == "__init__"],
        "has_hash": getattr(kind, "__hash__", None) is not None,
        "std": values.name_of(kind),
    }


def _is_builtin_error(kind: type) -> bool:
    return issubclass(kind, BaseException) and values.name_of(kind) is not None


def _in_class(kind: type, name: str) -> object:
    """What a class has under a name; its own class, which `getattr` asks too, does not count."""
    return next((each.__dict__[name] for each in kind.__mro__ if name in each.__dict__), None)
