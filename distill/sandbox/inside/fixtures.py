"""Test functions in pytest's form: what each is called with, by its marks and by fixtures. Nothing of pytest runs."""

import itertools
import types
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from typing import Any

from distill.sandbox.inside.stand_in import held

_LEFT_OUT = frozenset({"skip", "xfail"})


class UnknownFixture(Exception):  # noqa: N818 - nothing is wrong with what is tested
    """A test wants an argument that nobody here gives."""


class Fixtures:
    """The fixtures that tests define; those of wider scope than a function are made once."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        """Find them among the names of the tests."""
        self._known = _fixtures_of(namespace)
        self._kept: dict[str, object] = {}
        self._closing = ExitStack()

    def close(self) -> None:
        """Have those that were kept clean up."""
        self._closing.close()

    def calls(self, test: Any, marks: list[Any], instance: object = None) -> Iterator[dict[str, object]]:  # noqa: ANN401
        """The arguments of each call of a test; what was made for a call is cleaned up when the next is asked for.

        `marks` are those of what it stands in; `instance` is its object, where it is a method.
        """
        kind = type(instance)
        own = _fixtures_of({name: getattr(kind, name) for name in dir(kind)} if instance else {})
        known = self._known | own
        for given in _rows([*marks, *getattr(test, "pytestmark", [])]):
            with ExitStack() as closing:
                made = dict(given)
                always = [name for name, fixture in known.items() if fixture._fixture_function_marker.autouse]
                for name in [*always, *_parameters(test, instance)]:
                    self._make(name, known, made, closing, instance)
                wanted = _parameters(test, instance) | given.keys()
                yield {name: value for name, value in made.items() if name in wanted}

    def _make(
        self, name: str, known: Mapping[str, Any], made: dict[str, object], closing: ExitStack, instance: object
    ) -> None:
        """Add the value of a fixture, and of those that it wants, to what was made for a call."""
        if name in made:
            return
        if name in self._kept:
            made[name] = self._kept[name]
            return
        if name not in known or known[name]._fixture_function_marker.params is not None:
            raise UnknownFixture(name)
        fixture, is_kept = known[name], known[name]._fixture_function_marker.scope != "function"
        function = fixture._fixture_function
        owner = instance if function.__qualname__.rpartition(".")[0] else None
        for other in (wanted := _parameters(function, owner)):
            self._make(other, known, made, closing, instance)
        value = function(*([owner] if owner else []), **{other: made[other] for other in wanted})
        if isinstance(value, types.GeneratorType):
            (self._closing if is_kept else closing).callback(_finish, value)
            value = next(value)
        made[name] = value
        if is_kept:
            self._kept[name] = value


def marks_of(owner: object) -> list[Any]:
    """The marks that a class or a module of tests gives to all of them."""
    marks = getattr(owner, "pytestmark", [])
    return marks if isinstance(marks, list) else [marks]


def _fixtures_of(namespace: Mapping[str, Any]) -> dict[str, Any]:
    own = (value for value in namespace.values() if not held(value))  # what the program calls so is no fixture
    return {value.name: value for value in own if type(value).__name__ == "FixtureFunctionDefinition"}


def _finish(generator: Iterator[object]) -> None:
    with suppress(StopIteration):
        next(generator)


def _parameters(function: Any, instance: object) -> dict[str, None]:  # noqa: ANN401 - a function
    """Names that a function has to be given, in their order."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    optional = {*names[code.co_argcount - len(function.__defaults__ or ()) : code.co_argcount]}
    optional |= {*(function.__kwdefaults__ or {}), *(names[:1] if instance else ())}
    return dict.fromkeys(name for name in names if name not in optional)


def _rows(marks: list[Any]) -> Iterator[dict[str, object]]:
    """What marks say that a test is to be called with, each time; never, where it is to be skipped or to fail."""
    if any(mark.name in _LEFT_OUT or (mark.name == "skipif" and mark.args[0]) for mark in marks):
        return
    tables = [_table(*mark.args, **mark.kwargs) for mark in marks if mark.name == "parametrize"]
    for rows in itertools.product(*tables):
        yield {name: value for row in rows for name, value in row.items()}


def _table(argnames: Any, argvalues: Any, *, indirect: object = False, **_: object) -> list[dict[str, object]]:  # noqa: ANN401
    if indirect:
        raise UnknownFixture("indirect parameters")
    names = [name.strip() for name in argnames.split(",") if name.strip()] if isinstance(argnames, str) else argnames
    is_alone = isinstance(argnames, str) and len(names) == 1
    rows = []
    for item in argvalues:
        is_set = type(item).__name__ == "ParameterSet"
        if is_set and any(mark.name in _LEFT_OUT for mark in item.marks):
            continue
        values = item.values if is_set else (item,) if is_alone else item
        rows.append(dict(zip(names, values, strict=True)))
    return rows
