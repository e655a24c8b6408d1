"""What is counted as an assertion."""

import ast

import pytest

from distill.sandbox.inside.counting import COUNTER, NOTE, AssertionCounting


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("assert 1 == 1\nassert 2", 2),
        ("for x in range(3):\n    assert x < 3", 3),
        ("with pytest.raises(ValueError):\n    int('x')", 1),
        ("with pytest.raises(Exception):\n    int('x')", 0),
        ("pytest.raises(ValueError, int, 'x')", 1),
        ("np.testing.assert_equal(1, 1)", 1),
        ("from numpy.testing import assert_equal\nassert_equal(1, 1)", 1),
        ("def assert_own(x):\n    assert x\nassert_own(1)", 1),
        ("try:\n    int('x')\n    assert False\nexcept ValueError:\n    pass", 1),
        ("try:\n    int('x')\nexcept (KeyError, ValueError):\n    pass\nelse:\n    raise AssertionError", 1),
        ("try:\n    int('x')\n    assert False\nexcept Exception:\n    pass", 0),
        ("try:\n    int('x')\nexcept ValueError:\n    pass", 0),
        ("int('1')", 0),
    ],
)
def test_assertions_that_held_are_counted(code: str, count: int) -> None:
    held: list[None] = []
    numpy = pytest.importorskip("numpy")
    tree = ast.fix_missing_locations(AssertionCounting(frozenset({"assert_own"})).visit(ast.parse(code)))
    space = {COUNTER: lambda: held.append(None), NOTE: lambda _, value: value, "pytest": pytest, "np": numpy}
    exec(compile(tree, "tests", "exec"), space)
    assert len(held) == count
