"""What files have done to LaTeX."""

import pytest

from distill.verifiers.math_answer.reading.parse import readings
from distill.verifiers.math_answer.reading.repairs import repaired


@pytest.mark.parametrize(
    ("damaged", "meant"),
    [
        ("\x0crac{7}{9}", r"\frac{7}{9}"),
        ("4\times 3", r"4\times 3"),
        ("\text{even}", r"\text{even}"),
        ("\\left(1\right)", r"\left(1\right)"),
        (r"\\frac{\\pi}{3}", r"\frac{\pi}{3}"),
        ("5x<sup>3</sup>+a<sub>2</sub>", "5x^{3}+a_{2}"),
        (r"\text{sin}(x)", r"\sin (x)"),
    ],
)
def test_an_escape_that_was_eaten_is_written_again(damaged: str, meant: str) -> None:
    assert repaired(damaged) == meant
    assert readings(damaged) == readings(meant)


@pytest.mark.parametrize("text", [r"\begin{pmatrix}1\\in&2\end{pmatrix}", r"\frac{1}{2}", "a\tb", "x<3"])
def test_what_is_whole_stays(text: str) -> None:
    assert repaired(text) == text
