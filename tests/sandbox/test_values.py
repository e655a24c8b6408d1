"""Values and names of the standard library across the link."""

import builtins
import datetime
import math
import pathlib
import re
import unittest.mock
import uuid

import pytest

from distill.sandbox.inside.values import is_harmless, is_pure, name_of, named, put_together, taken_apart


@pytest.mark.parametrize(
    "value",
    [
        datetime.date(2020, 1, 2),
        datetime.datetime(2020, 1, 2, 3, 4, 5, 6, datetime.UTC),
        datetime.timedelta(1, 2, 3),
        range(1, 9, 2),
        slice(1, None, 2),
        re.compile("a+", re.IGNORECASE),
        uuid.UUID(int=5),
        pathlib.PosixPath("/a/b"),
        ...,
    ],
)
def test_values_are_taken_apart_and_put_together(value: object) -> None:
    apart = taken_apart(value)
    assert apart is not None
    tag, parts = apart
    assert put_together(tag, parts) == value


def test_classes_and_functions_have_names() -> None:
    assert [named(name_of(each)) for each in (int, abs, math.sqrt, str.upper)] == [int, abs, math.sqrt, str.upper]
    assert name_of(type("int", (), {"__module__": "builtins"})) is None


@pytest.mark.parametrize("value", [eval, exec, builtins.open, unittest.mock.Mock])
def test_a_program_names_nothing_that_could_help_it(value: object) -> None:
    name = name_of(value)
    assert name is None or not is_harmless(value, name)


@pytest.mark.parametrize("name", ["builtins:exit", "builtins:__dict__", "builtins:str.upper.__call__", "math:__spec__"])
def test_what_only_hangs_on_a_module_is_not_for_a_program_to_name(name: str) -> None:
    assert not is_harmless(named(name), name)


def test_modules_that_change_nothing_are_handed_over() -> None:
    assert [is_pure(name) for name in ("math", "collections", "sys", "builtins", "os")] == [True] * 2 + [False] * 3


@pytest.mark.parametrize("tag", ["numpy", "os:system", 5])
def test_what_no_value_is_written_as_is_refused(tag: object) -> None:
    with pytest.raises(ValueError):
        put_together(tag, ["O", None, b"x"])
