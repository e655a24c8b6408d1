"""Trees: changed in every part, their variables, their operands."""

import pytest

from distill.records import Outcome
from distill.verifiers.math_answer import equal
from distill.verifiers.math_answer.reading.parse import parse
from distill.verifiers.math_answer.tree import Num, Tree, Var, mapped, operands, variables


def doubled(node: Tree) -> Tree:
    return Num(2 * node.value) if isinstance(node, Num) else node


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        (r"\frac{1}{2}+x", r"\frac{2}{4}+x"),
        ("(1, 2]", "(2, 4]"),
        (r"\{1, 2\}", r"\{2, 4\}"),
        (r"[1, 2) \cup (3, 4]", r"[2, 4) \cup (6, 8]"),
        ("1 < x < 2", "2 < x < 4"),
        ("1:2:3", "2:4:6"),
        (r"5\text{ cm}", r"10\text{ cm}"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{pmatrix}2&4\\6&8\end{pmatrix}"),
        (r"\text{north}", r"\text{north}"),
    ],
)
def test_a_change_reaches_every_part_of_every_kind_of_tree(text: str, changed: str) -> None:
    assert mapped(parse(text), doubled) == parse(changed)


def test_parts_are_changed_before_the_whole() -> None:
    def sum_as_name(node: Tree) -> Tree:
        return Var("s") if node == parse("2+4") else doubled(node)

    assert mapped(parse("1+2"), sum_as_name) == Var("s")


def test_variables_are_those_of_all_parts() -> None:
    assert variables(parse(r"x^2 + y < \sin z")) == {"x", "y", "z"}


def test_the_operands_of_nested_sums_are_one_list() -> None:
    assert operands(parse("x + y + (z + 1)"), "add") == [Var("x"), Var("y"), Var("z"), Num(1)]
    assert operands(parse("xy"), "add") == [parse("xy")]


@pytest.mark.parametrize(
    ("text", "both"),
    [
        (r"1 \pm 2", "3, -1"),
        (r"x = \pm 2", "x = 2, x = -2"),
        (r"(1, 5 \pm 3]", "(1, 8], (1, 2]"),
        (
            r"\begin{pmatrix}1\\ \pm 2\end{pmatrix}",
            r"\begin{pmatrix}1\\2\end{pmatrix}, \begin{pmatrix}1\\-2\end{pmatrix}",
        ),
    ],
)
def test_plus_minus_is_a_list_of_two(text: str, both: str) -> None:
    assert equal(both, text).outcome is Outcome.PASS
