"""What conventions change, and that they are strict by default."""

import pytest

from distill.records import Outcome
from distill.verifiers.math_answer import REFERENCE_DIGITS, STRICT, Convention, equal

ROUNDED = Convention(name="t", relative_tolerance=0.01)


@pytest.mark.parametrize(
    ("convention", "reference", "answer", "is_right", "is_right_when_strict"),
    [
        (Convention(name="t", percent="optional"), r"0.5\%", "0.5", True, False),
        (Convention(name="t", units="required"), r"5\text{ cm}", "5", False, True),
        (Convention(name="t", units="ignored"), r"5\text{ cm}", r"5\text{ m}", True, False),
        (ROUNDED, "3.14", "3.15", True, False),
        (ROUNDED, "3.14", "3.3", False, False),
        (ROUNDED, "314", "315", False, False),
        (Convention(name="t", num_significant=3), "9.81", "9.8066", True, False),
        (REFERENCE_DIGITS, "12.31", r"\frac{1600}{130}", True, False),
        (REFERENCE_DIGITS, "12.31", "12.3", False, False),
        (REFERENCE_DIGITS, "12.31", "12.316", False, False),
        (REFERENCE_DIGITS, "12", "12.2", False, False),
        (REFERENCE_DIGITS, r"\frac{1600}{130}", "12.31", False, False),
        (REFERENCE_DIGITS, r"3.08\times 10^{16}", "3.0857e16", False, False),
        (REFERENCE_DIGITS, r"3.09\times 10^{16}", "3.0857e16", True, False),
        (REFERENCE_DIGITS, r"8.33\%", r"\frac{1}{12}", True, False),
        (REFERENCE_DIGITS, r"1.73\text{ m}", r"\sqrt{3}\text{ m}", True, False),
        (Convention(name="t", is_order_free=False), "1,2", "2,1", False, True),
        (Convention(name="t", is_unreduced_accepted=False), r"\frac12", r"\frac24", False, True),
        (Convention(name="t", is_interval_relation=False), r"(2,\infty)", "x>2", False, True),
        (Convention(name="t", is_exact_form=True), "(x+1)^2", "x^2+2x+1", False, True),
        (Convention(name="t", is_exact_form=True), "(x+1)^2", "(1+x)^2", True, True),
    ],
)
def test_conventions(
    convention: Convention, reference: str, answer: str, is_right: bool, is_right_when_strict: bool
) -> None:
    assert (equal(reference, answer, convention).outcome is Outcome.PASS) == is_right
    assert (equal(reference, answer, STRICT).outcome is Outcome.PASS) == is_right_when_strict


def test_the_convention_is_named_where_it_decided() -> None:
    assert equal("3.14", "3.15", ROUNDED).reason == "equal under policy t"
