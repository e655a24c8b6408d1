"""What programs find without importing it, by whose rules they were written for."""

import pytest

from distill.references import Dialect
from distill.verifiers.unit_tests.dialects import dialect_of, prelude_of
from distill.verifiers.unit_tests.prelude import leetcode_names, with_prelude


@pytest.mark.parametrize(
    ("program", "imports"),
    [
        ("x = [1]  # List\ny: List[int] = x", "from typing import List; "),
        ("x = Counter('a')", "from collections import Counter; "),
        ("x = math.gcd(4, 6), inf", "from math import inf; import math; "),
        ("x = heappop([1])", "from heapq import heappop; "),
        ("x = np.ones(3)", "import numpy as np; "),
        ("from collections import Counter\nx = Counter('a')", ""),
        ("x = gcd(1, 1)\ngcd = 1", ""),
        ("x = sum([1])", ""),
        ("x = nothing_known", ""),
        ("x = (", ""),
        ("", ""),
    ],
)
def test_only_what_is_lacking_comes_and_lines_keep_their_numbers(program: str, imports: str) -> None:
    assert with_prelude(program, leetcode_names()) == f"{imports}{program}"


@pytest.mark.parametrize(
    ("program", "whole"),
    [
        ("def f(x):\n    return inf\n", "from math import inf\ndef f(x):\n    return inf\n"),
        ("# It.\n\n@cache\ndef f(x): return 1\n", "# It.\nfrom functools import cache\n@cache\ndef f(x): return 1\n"),
        ('"""What."""\nx = inf\n', '"""What."""\nfrom math import inf; x = inf\n'),
        (
            "from __future__ import annotations; é = 1; x = inf\n",
            "from __future__ import annotations; from math import inf; é = 1; x = inf\n",
        ),
        ("'Wörter'; x = inf\n", "'Wörter'; from math import inf; x = inf\n"),
        ("inf", "from math import inf; inf"),
        ("y = 1\rx = inf\r\n", "from math import inf; y = 1\nx = inf\n"),
    ],
)  # fmt: skip
def test_imports_stand_where_they_may(program: str, whole: str) -> None:
    assert with_prelude(program, leetcode_names()) == whole


def test_the_nodes_of_leetcode_hold_what_they_are_given() -> None:
    space: dict[str, object] = {}
    exec(
        with_prelude(
            "a = ListNode(1, ListNode())\nb = a.val, a.next.val, TreeNode(2, right=3).right", leetcode_names()
        ),
        space,
    )
    assert space["b"] == (1, 0, 3)


@pytest.mark.parametrize(
    ("dialect", "is_called", "there", "missing"),
    [
        (None, True, "List Counter math inf deepcopy ListNode", "add sub mean choice"),
        (None, False, "List Optional", "Counter math inf"),
        ("leetcode", False, "List Counter math inf randint mean ListNode", "open print"),
        ("humaneval", True, "List", "math Counter"),
        ("codeforces", True, "", "List math"),
        ("atcoder", False, "", "List math"),
        ("plain", True, "", "List math"),
    ],
)
def test_dialects(dialect: Dialect | None, is_called: bool, there: str, missing: str) -> None:
    names = prelude_of(dialect, is_called=is_called)
    assert names.keys() >= set(there.split())
    assert names.keys().isdisjoint(missing.split())


@pytest.mark.parametrize(
    ("program", "said", "is_whole", "dialect"),
    [
        ("class Solution:\n    def f(self): return 1", None, False, "leetcode"),
        ("class Solution:\n    def f(self): return 1", "plain", False, "plain"),
        ("class Solution:\n    def f(self): return 1", None, True, None),
        ("def f(): return 1", None, False, None),
    ],
)
def test_a_class_solution_is_of_leetcode(
    program: str, said: Dialect | None, is_whole: bool, dialect: Dialect | None
) -> None:
    assert dialect_of(program, said, is_whole=is_whole) == dialect
