"""Which assertions can be checked by calls alone."""

import pytest

from distill.sandbox.assertions import read_checks


@pytest.mark.parametrize(
    ("code", "entry_point", "count"),
    [
        ("assert f(1) == 2", None, 1),
        ("assert 2 == f(1)", None, 1),
        ("'''doc'''\nassert f(1) is None\nassert not f(2)\nassert f(3)", None, 3),
        ("METADATA = {'a': 1}\ndef check(candidate):\n    assert candidate(1) == 2, 'no'\n    assert True", "f", 1),
        ("assert f(1) == g(1)", None, None),
        ("assert f(x) == 1", None, None),
        ("assert f(a=1) == 1", None, None),
        ("assert len([1]) == 1", None, None),
        ("assert f(1) == 1.0 or f(2)", None, None),
        ("assert f(1) is 1000", None, None),
        ("x = 1\nassert f(1) == 1", None, None),
        ("def check(candidate):\n    assert g(candidate(1)) == 2", "f", None),
        ("", None, None),
        ("assert (", None, None),
    ],
)
def test_simple_assertions_are_read_as_calls(code: str, entry_point: str | None, count: int | None) -> None:
    checks = read_checks(code, entry_point)
    assert (checks and len(checks)) == count
