"""What the tests' end believes of the program's objects: which comparisons with values count, and which do not."""

from collections.abc import Callable
from itertools import islice
from typing import Any, NoReturn

from distill.sandbox.inside.stand_in import BINARY, StandInClass, held

_PREDICATES = frozenset(
    "startswith endswith isdisjoint issubset issuperset isalnum isalpha isascii isdecimal isdigit isidentifier islower "
    "isnumeric isprintable isspace istitle isupper".split()
)
"""Methods of texts and sets that say yes to what they are given, or to nothing at all."""
_LOOKED_AT = 1000
"""Items of an object, before it is asked whether it contains one."""


class Trust:
    """Objects of the program, by what the tests did to get them.

    Comparing and computing with values is left to objects that the tests constructed, by a class that they name and use
    as one; a class that is only called could be any function's, and what it gives compares as it likes. Such an object
    that comes back as a result is a result. Others are equal to no value; where theirs is a class that the tests
    name, and says that it is equal, nothing is known.
    """

    def __init__(self, as_classes: frozenset[str], refuse: Callable[[str], NoReturn]) -> None:
        """Know no class yet; `as_classes` are the names that the tests use as classes, `refuse` ends the tests."""
        self._as_classes = as_classes
        self._refuse = refuse
        self._named: set[type] = set()
        self._used: set[type] = set()
        self._constructed: set[int] = set()

    def meet(self, name: str, kind: type) -> None:
        """Note a class of the program that the tests name."""
        self._named.add(kind)
        if name in self._as_classes:
            self._used.add(kind)

    def constructed(self, kind: object, result: object) -> None:
        """Trust what the tests constructed."""
        if any(kind is used for used in self._used) and isinstance(result, tuple(self._used)):
            self._constructed.add(id(result))

    def returned(self, value: object) -> None:
        """The program gives what the tests have: this is its answer then, which may compare as it likes."""
        self._constructed.discard(id(value))

    def is_trusted(self, target: object) -> bool:
        """Whether the tests constructed it."""
        return id(target) in self._constructed or any(target is kind for kind in self._used)

    def special(self, target: object, name: str, arguments: tuple[Any, ...], ask: Callable[[], object]) -> object:
        """What a special method of an object gives, as far as it may be asked, and can be believed."""
        if not self._may_use(target, name, arguments):
            return NotImplemented
        was_trusted = self.is_trusted(target)
        if name == "__contains__" and not was_trusted and self._has_item(target, arguments[0]):
            return True
        return self._checked(name, target, arguments, ask(), was_trusted=was_trusted)

    def _may_use(self, target: object, name: str, arguments: tuple[object, ...]) -> bool:
        """Whether an object's special method may be given these."""
        if name not in BINARY or self.is_trusted(target):
            return True
        if _all_held(arguments):  # a stranger does not say whether it equals an object of a class that the tests name
            return self._is_named(target) or not any(map(self._is_named, arguments))
        if isinstance(target, type) or not self._is_named(target):
            return False
        return name in {"__eq__", "__ne__"} or self._refuse(name)

    def _is_named(self, target: object) -> bool:
        return bool(self._named & set((target if isinstance(target, type) else type(target)).__mro__))

    def _has_item(self, target: Any, wanted: object) -> bool:  # noqa: ANN401 - any object
        """Whether an item is among those that an object has, before it hears which."""
        if held(wanted) or not any("__iter__" in vars(kind) for kind in type(target).__mro__):
            return False  # `hasattr` would ask the metaclass, too
        return any(item is wanted or item == wanted for item in islice(iter(target), _LOOKED_AT))

    def own_answer(self, target: object, name: str) -> object:
        """A predicate of the value that an object is, which says of it what is true; None for all other attributes."""
        if name not in _PREDICATES or target is None or self.is_trusted(target) or self._is_named(target):
            return None
        values = [kind for kind in type(target).__mro__ if not isinstance(kind, StandInClass) and hasattr(kind, name)]
        return getattr(values[0], name).__get__(target) if values else self._refuse(name)

    def _checked(
        self, name: str, target: object, others: tuple[object, ...], result: object, *, was_trusted: bool
    ) -> object:
        """What a special method gave for its object and others, if it can be believed."""
        if was_trusted and name in BINARY and held(result) and isinstance(result, tuple(self._used)):
            self._constructed.add(id(result))
        if was_trusted or _all_held(others) or result is NotImplemented:
            return result
        if name == "__contains__" and result:
            return self._refuse(name) if self._is_named(target) else False
        if name in BINARY and bool(result) is (name == "__eq__"):
            self._refuse(name)
        return result


def _all_held(values: Any) -> bool:  # noqa: ANN401 - a sequence of anything
    return all(held(value) for value in values)
