"""Assertion code as it is written."""

import pytest

from distill.sandbox.inside.suite import Suite


def test_names_that_tests_want_from_the_program() -> None:
    suite = Suite("import math\nfrom solution import g\nx = f(1)\nassert math.isclose(x, 1) and len([x])", None)
    assert suite.wanted >= {"f", "g"}
    assert "len" not in suite.wanted
    assert suite.usual == {"len"}
    assert Suite("assert math.isclose(np.abs(f(1)), 1)", None).modules == {"math": "math", "np": "numpy"}


def test_modules_that_are_not_here_may_be_the_program() -> None:
    suite = Suite("import math\nimport calculator\nfrom parts.shop import Till\nassert calculator.add(1, 2) == 3", None)
    assert suite.strangers() == {"calculator": {"add"}, "parts.shop": {"Till"}}


@pytest.mark.parametrize(
    ("code", "has_reason"),
    [
        ("assert f(1) == 1", False),
        ("sys.stdout = io.StringIO()\nassert f(1) == 1", True),
        ("with redirect_stdout(out): f(1)\nassert out", True),
        ("import doctest\nassert doctest.testmod().failed == 0", True),
        ("def test_it(capsys):\n    assert f(1)", True),
        ("with patch('random.random'):\n    assert f(1)", True),
    ],
)
def test_tests_that_patch_or_capture_belong_into_the_programs_process(code: str, has_reason: bool) -> None:
    assert (Suite(code, None).why_together() is not None) == has_reason


@pytest.mark.parametrize(
    ("code", "entry_point", "count"),
    [
        ("assert f(1)\nassert f(2)", None, 2),
        ("def test_it():\n    assert f(1)", None, 1),
        ("def check(candidate):\n    assert candidate(1)", "f", 1),
        ("for x in y:\n    assert f(x)", None, None),
        ("def helper(x):\n    assert f(x)", None, None),
        ("@pytest.mark.parametrize('x', [1, 2])\ndef test_it(x):\n    assert f(x)", None, None),
        ("with pytest.raises(ValueError):\n    f(1)\nassert f(2)", None, 2),
    ],
)
def test_assertions_are_counted_where_each_runs_once(code: str, entry_point: str | None, count: int | None) -> None:
    assert Suite(code, entry_point).num_assertions() == count


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("assert Diff(1) == [1]", set()),
        ("x = Diff(1)\nassert abs(x - 3) < 1e-6 and len(Diff(2)) == 1", set()),
        ("x = Diff(1)\nx.sort()\nassert x == [1]", set()),
        ("assert Box(1) == Box(1)", {"Box"}),
        ("b = Box(1)\nassert b.size == 1", {"Box"}),
        ("assert (Box(1) * 3).size == 3", {"Box"}),
        ("b = Box(1)\nb[0] = 2\nassert b == [2]", {"Box"}),
        ("assert isinstance(f(1), Box)", {"Box"}),
        ("with Box(1) as b:\n    assert b", {"Box"}),
    ],
)
def test_a_class_is_one_where_the_tests_do_more_than_call_it(code: str, names: set[str]) -> None:
    used = Suite(code, None).as_classes()
    assert used & {"Diff", "Box"} == names
