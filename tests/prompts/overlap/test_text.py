"""Texts that people write differently have the same tokens; texts that mean something else do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.prompts.overlap.content import content
from distill.prompts.overlap.text import tokens

SAME = [
    ("$b > 9$", "b>9", r"b \gt 9", r"\(b > 9\)", "B > 9"),
    (r"\frac{1}{2}", r"\dfrac12", r"\tfrac{1}{2}", "1/2", "½", r"\frac 1 2"),
    (r"\frac{\sqrt{2}}{3}", r"\sqrt{2}/3", "√2/3"),
    (r"$x^{2} \leq 1{,}000$", "x^2 <= 1000", "x² ≤ 1,000", r"\displaystyle x^2\le 1000.0"),
    (r"2 \cdot x \times y", "2*x*y", "2xy".replace("xy", " x y"), "2·x×y"),
    (r"\left( 3 \right)", "(3)", r"\bigl(3\bigr)"),
    (r"30^\circ", "30°", r"30^{\circ}", "30 degrees"),
    (r"50\%", "50%", "50 percent"),
    (r"\text{if } n \neq 0", "if n != 0", r"\mathrm{if}~n \ne 0", "if n ≠ 0"),
    ("17_b", "$17_{b}$", "17 b"),
    ("a prize of 1.2 x 10^9", r"a prize of $1.2 \times 10^9$"),
    (r"f \equal{} 2 \plus{} x", "f = 2 + x"),
    (r"f'\prime(2)", "f'(2)"),
    (r"first\nlcm of 4", "first lcm of 4"),
    ("twenty-four eggs", "24 eggs"),
    ("a dozen eggs", "a 12 eggs"),
    ("see [the lake](https://a.example/b) now", "see the lake now"),
    ("5. (5 分) 求 x", "求 x"),
    ("three apples", "3 apple", "THREE   Apples!"),
    ("Problem 14. Add 2.", "Add 2", "3) Add 2"),
    ("Natalia's ducks", "natalia duck"),
    (r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", r"\begin{bmatrix}1&2\\3&4\end{bmatrix}"),
]
DIFFERENT = [("3 + 4", "3 - 4"), ("x^2", "x2"), ("1.5", "15"), ("2/3", "3/2"), ("a < b", "a > b"), ("10", "100")]


def read(text: str) -> list[int]:
    """The tokens of one text, between others."""
    found = tokens(["7 x", text, "= y"])
    return list(map(int, found.ids[found.starts[1] : found.starts[2]]))


def meant(text: str) -> list[int]:
    """Their content."""
    found = content(tokens(["7 x", text, "= y"]))
    return list(map(int, found.ids[found.starts[1] : found.starts[2]]))


@pytest.mark.parametrize("spellings", SAME, ids=lambda spellings: spellings[0])
def test_spellings_of_one_thing_agree(spellings: tuple[str, ...]) -> None:
    assert len({tuple(read(spelling)) for spelling in spellings}) == 1


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_things_differ(one: str, other: str) -> None:
    assert read(one) != read(other)


def test_options_are_left_out_where_the_question_says_enough() -> None:
    asked = "How many eggs are in 14 boxes of 6 eggs each?"
    assert read(f"{asked}\nA. 80\nB. 84\nC. 90") == read(asked)
    pointing = asked.replace("How many eggs", "Which of the following numbers")
    assert read(f"{pointing}\nA. 80\nB. 84\nC. 90") != read(pointing)


def test_unknowns_side_by_side_are_one() -> None:
    assert meant("$A B = 5$") == meant("$AB = 5$")


def test_drawings_are_left_out() -> None:
    assert read("Find x. [asy] draw((0,0)--(1,1)); [/asy]") == read("Find x.")


def test_words_of_scripts_without_blanks_are_their_characters() -> None:
    assert tokens(["求x的值"]).words(0) == ["求", "x", "的", "值"]


@given(st.text(max_size=200))
def test_any_text_has_tokens_and_they_are_their_own(text: str) -> None:
    assert all(read(text))
    assert read(text) == read(text.lower())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Find $x$ if $2x + 3 = 9$.", r"Please determine the value of $q$, given that $2q + 3 = 9$."),
        ("In triangle ABC, AB = 5, BC = 6.", "In triangle PQR, PQ = 5, QR = 6."),
        (r"$\alpha + 2\beta = 7$", "$u + 2v = 7$"),
        ("$x_1 + x_{2} = 7$", "$u + v = 7$"),
    ],
)
def test_content_knows_neither_framing_nor_names_of_unknowns(one: str, other: str) -> None:
    assert meant(one) == meant(other)
