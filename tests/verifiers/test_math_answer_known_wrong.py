"""What other checkers get wrong, family by family; each names where."""

import pytest

from distill.records import Outcome
from distill.verifiers.math_answer import equal, extract
from distill.verifiers.math_answer.decide import decide

FAMILIES = [
    ("signs dropped by an upright e (math-verify #14)", r"1-\frac1{\mathrm e}", r"1+\frac1{\mathrm e}", False),
    ("tiny numbers chopped (math-verify #14)", r"\frac1{2^{99}}", r"\frac1{2^{98}}", False),
    ("tiny numbers chopped (math-verify #14)", r"\frac1{2004!}", r"\frac1{2006!}", False),
    ("absolute rounding (math-verify #21)", "0.0000001", "0.0000002", False),
    ("absolute rounding (math-verify #21)", r"-\frac{2010012}{2010013}", "-1.0", False),
    ("absolute rounding (math-verify #21)", "3^{2007}", "3^{2007}+0.01", False),
    ("absolute rounding (math-verify #21)", "6.02e-23", "1.6e-19", False),
    ("variables taken for units (math-verify, NeMo-Skills, inspect_ai)", "4t", "4", False),
    ("variables taken for units (math-verify, NeMo-Skills, inspect_ai)", "7h", "7", False),
    ("variables taken for units (math-verify, NeMo-Skills, inspect_ai)", "4t", r"4\cdot t", True),
    ("units dropped (math-verify, NeMo-Skills, inspect_ai, verl)", r"5\text{ cm}", r"5\text{ m}", False),
    ("units dropped (math-verify, NeMo-Skills, inspect_ai, verl)", r"60\text{ km/h}", r"60\text{ m/s}", False),
    ("labels multiplied (math-verify)", "AB", "BA", False),
    ("labels multiplied (math-verify)", "BAD", "DAB", False),
    ("words multiplied (verl prime_math)", r"\text{listen}", r"\text{silent}", False),
    ("last side of a chain (math-verify, NeMo-Skills, inspect_ai, verl)", "5", "17=5", False),
    ("last side of a chain (math-verify, NeMo-Skills, inspect_ai, verl)", "5", "x=3=5", False),
    ("base dropped (math-verify, NeMo-Skills, verl)", "1010_2", "1010", False),
    ("base dropped (math-verify, NeMo-Skills, verl)", "1010_2", "1010_3", False),
    ("sequences cut at the dots (math-verify, verl, genesys)", r"1,2,\ldots,n", r"1,3,5,\ldots,2n-1", False),
    ("sequences cut at the dots (math-verify)", r"1:2:3:\ldots", r"1:4:9:\ldots", False),
    ("root in parentheses (math-verify #41)", "4", r"4\sqrt(2)", False),
    ("text after a number lost (math-verify #60)", "3x+4y+14=0", "3*x-1*y+13=0", False),
    ("root lost (math-verify, raw)", r"1\sqrt{19}", "1", False),
    ("complex numbers (math-verify, NeMo-Skills)", "6+9i", r"6 + 9 \cdot i", True),
    ("complex numbers (math-verify, NeMo-Skills)", r"\frac{1+i}{1-i}", "i", True),
    ("complex numbers (math-verify, NeMo-Skills)", r"e^{i\pi}", "-1", True),
    ("repeating decimals (math-verify)", r"0.\overline3", r"\frac13", True),
    ("degrees (math-verify)", r"\cos36^\circ", r"\frac{1+\sqrt5}{4}", True),
    ("scaled inequalities (math-verify)", "2x>4", "x>2", True),
    ("roots of quotients (math-verify #64)", r"\frac1{\sqrt n}", r"\sqrt{1/n}", True),
    ("mixed numbers (math-verify #34)", "5/4", "1 1/4", True),
    ("thin spaces between digits (math-verify)", "1234", r"1\,234", True),
    ("open and closed ends (OpenRLHF #1277, inspect_ai)", "(1,2)", "[1,2]", False),
    ("punctured line (OpenThoughts-Agent #129)", r"(-\infty,-8)\cup(-8,\infty)", r"(-\infty,\infty)", False),
    ("relative tolerance on integers (verl prime_math)", "100000000000", "99999999999", False),
    ("relative tolerance on integers (verl prime_math)", "2^{100}", "2^{100}+1", False),
    ("commas dropped (verl prime_math)", "3,4,5", "345", False),
    ("commas dropped (verl prime_math)", r"\{12,345\}", "12345", False),
    ("names dropped (verl prime_math)", "x=5", "y=5", False),
    ("approximations of constants (verl prime_math)", r"\pi", "3.14", False),
    ("percent by a hundred (NeMo-Skills)", r"0.5\%", "0.5", False),
    ("half-open intervals (rllm)", "[-36,104]", "(-36,104]", False),
    ("words stripped as units (rllm)", r"\text{Monday}", r"\text{Mondays}", False),
    ("unreduced fractions (rllm)", r"\frac12", r"\frac{2}{4}", True),
    ("numbers in text commands (inspect_ai)", "5", r"\text{5}", True),
    ("order of bare lists (inspect_ai)", "1,2", "2,1", True),
]


@pytest.mark.parametrize(("family", "reference", "answer", "is_right"), FAMILIES)
def test_known_wrong_verdicts_of_others(family: str, reference: str, answer: str, is_right: bool) -> None:
    assert (equal(reference, answer).outcome is Outcome.PASS) == is_right


@pytest.mark.parametrize(
    ("family", "reference", "completion", "is_right"),
    [
        (
            "boxes joined by short text (math-verify #57)",
            "7",
            r"We first guess \boxed{5}. But that fails, so the answer is \boxed{7}.",
            True,
        ),
        ("unclosed box (math-verify)", r"\frac12", r"So \boxed{\dfrac12", False),
        ("boxes while thinking (every one)", "5", r"<think>\boxed{5}</think> I do not know.", False),
        ("unfinished thinking (every one)", "5", r"<think>I think \boxed{5}", False),
        ("any of several candidates (genesys)", "5", r"The answer could be 5 or 7. \boxed{7}", False),
    ],
)
def test_known_wrong_extractions_of_others(family: str, reference: str, completion: str, is_right: bool) -> None:
    found = extract(completion)
    assert (found is not None and decide(reference, found).outcome is Outcome.PASS) == is_right


def test_code_in_an_answer_is_never_run(tmp_path: object) -> None:
    r"""verl's prime_math evaluates `\boxed{[open(F,'w').write('1')][0]*\pi}` (CVE-2026-6878)."""
    target = f"{tmp_path}/written"
    equal("1", rf"[open('{target}','w').write('1')][0]*\pi")
    equal("1", f"__import__('pathlib').Path('{target}').touch()")
    with pytest.raises(FileNotFoundError):
        open(target)  # noqa: PTH123, SIM115


def test_a_deep_sum_beside_a_tuple_abstains_or_fails() -> None:
    assert equal("(1,2,3)", "+".join(["3i-2j+k"] * 300)).outcome is not Outcome.PASS
