"""Errors that a newer Python does not have."""

import pytest

from distill.sandbox.supervisor.newer_python import needs_newer


def shown(line: str, error: str = "invalid syntax") -> str:
    return f'  File "main.py", line 1\n    {line}\n      ^^^\nSyntaxError: {error}\n'


@pytest.mark.parametrize(
    "stderr",
    [
        shown("type Row = list[int]"),
        shown("type Pair[T] = tuple[T, T]"),
        shown("def first[T](xs: list[T]) -> T: return xs[0]", "expected '('"),
        shown("class Box[T]:", "invalid syntax"),
        shown('print(f"{\', \'.join(a)} {d["a"]}")', "f-string: unmatched '['"),
        shown('print(f"{", ".join(a)}")', "f-string: expecting '}'"),
        shown("x = f'{'\\n'.join(a)}'", "f-string expression part cannot include a backslash"),
        "Traceback:\nImportError: cannot import name 'batched' from 'itertools' (unknown location)\n",
        "Traceback:\nAttributeError: module 'math' has no attribute 'sumprod'\n",
    ],
)
def test_what_a_newer_python_has(stderr: str) -> None:
    assert needs_newer(stderr)


@pytest.mark.parametrize(
    "stderr",
    [
        shown("print(", "'(' was never closed"),
        shown('print(f"{x")', "f-string: expecting '}'"),
        shown("type x"),
        shown("def f(x) return x"),
        shown("print(f'{x}' 'y'"),
        "ImportError: cannot import name 'batch' from 'itertools' (unknown location)",
        "AttributeError: module 'math' has no attribute 'sum'",
        "AttributeError: 'int' object has no attribute 'sumprod'",
        "ValueError: type x = 1",
        "",
    ],
)
def test_mistakes_of_any_python(stderr: str) -> None:
    assert not needs_newer(stderr)
