"""The case files: pairs of a reference and a completion with the verdict that is right."""

import json
from pathlib import Path
from typing import Any

import pytest

from distill.records import Outcome
from distill.verifiers.math_answer import extract
from distill.verifiers.math_answer.convention import STRICT
from distill.verifiers.math_answer.workers.worker import answer

DATA = Path(__file__).parents[1] / "data"

DISPUTED = {
    ("1,22", "1.22"): "a list or a decimal comma; the adversarial file says list",
    ("0,111", "0.111"): "likewise",
    ("$x = 11$", "$x = 5+5+1 = 7 =11$"): "the chain equates 7 and 11",
    ("$z = 1 + 1 = 2$", "$z = 3+3 = 2$"): "the chain equates 6 and 2",
    ("$1 = \\zzz = x = 0$", "$0$"): "the reference equates 1 and 0",
    ("(\\frac{3}{5},\\frac{8}{3}]", "(0.6,2.6667]"): "8/3 is not 2.6667",
    (r"\frac{dy}{dx} = \frac{y}{x}", r"y' = \frac{y}{x}"): "two notations of a derivative",
    (r"0.25\text{ M}", "250 mM"): "a prefixed unit without a text command reads as a product",
    (r"\text{approximately } 3.2", "3.2"): "words within a reference",
    (r"\text{Let } n=7", "7"): "words within a reference",
    (r"2.2\times 10^{-6}\text{ m}", r"2.2 \mu m"): "reads as a product, as in a force of friction",
    ("5'6''", r"5 \text{ feet } 6 \text{ inches}"): "primes are not read as feet and inches",
    (r"x\mapsto x^2", "f(x)=x^2"): "an arrow is not read",
    (r"4.18\ \text{J/(g}\cdot{}^\circ\text{C)}", "4.18"): "a unit in pieces",
    (r"\text{A, C, D}", "ACD"): "letters run together, outside multiple choice",
    ("1000.99", "not it's not 10 it's 1,000.99m²"): "a denial, which may reach further",
    ("1", "how many $? just about 1$"): "an estimate",
    ("$10/9$", r"Answer $ \frac{1}{2} \$ = \frac{10}{9} $"): "the chain equates 1/2 and 10/9",
    ("45", r"\boxed{45 \text{ (since } 9 \cdot 5 = 45)}"): "a remark in parentheses",
}
"""Pairs whose file states a verdict that we do not give, and why."""


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


def outcome(reference: str, completion: str) -> Outcome | None:
    found = extract(completion)
    return Outcome.FAIL if found is None else answer(reference, found, STRICT)[0].outcome


FILES = sorted(path.name for path in DATA.glob("math_*.jsonl") if path.stem != "math_worst_cases")


@pytest.mark.parametrize("name", FILES)
def test_every_right_answer_passes_and_no_wrong_one_does(name: str) -> None:
    wrong = [
        (row["gold"], row["pred"], got)
        for row in rows(name)
        if (row["gold"], row["pred"]) not in DISPUTED
        and ((got := outcome(row["gold"], row["pred"])) is Outcome.PASS) != row["expected"]
    ]
    assert wrong == []


def test_nearly_every_wrong_answer_that_is_marked_fails() -> None:
    """An abstain costs a judge's call: it is no way out of a disproof."""
    marked = [row for name in FILES for row in rows(name) if not row["expected"] and "boxed" in row["pred"]]
    failed = [row for row in marked if outcome(row["gold"], row["pred"]) is Outcome.FAIL]
    assert len(failed) >= 0.9 * len(marked) > 100


def test_disputed_pairs_are_still_disputed() -> None:
    files = DATA.glob("math_heldout*.jsonl")
    names = ["math_pairs.jsonl", *(path.name for path in files)]
    expected = {(row["gold"], row["pred"]): row["expected"] for name in names for row in rows(name)}
    assert all((outcome(*pair) is Outcome.PASS) != expected[pair] for pair in DISPUTED)
