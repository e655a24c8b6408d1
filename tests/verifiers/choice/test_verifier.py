"""Verdicts on multiple choice: a pass is stated, a fail is earned, all else abstains with its reason."""

import json
from pathlib import Path

import pytest

from distill.records import Message, Outcome, Prompt, Verdict
from distill.references import Choice
from distill.verifiers.choice.verifier import ChoiceVerifier

PLANETS = ("Mars", "Venus", "Earth", "Jupiter")
LENGTHS = ("12 cm", "15 cm", "18 cm", "21 cm")
PASS, FAIL, ABSTAIN = Outcome.PASS, Outcome.FAIL, Outcome.ABSTAIN
DATA = Path(__file__).parents[2] / "data"
ROWS = [json.loads(line) for line in (DATA / "choice_pairs.jsonl").read_text().splitlines()]
ROWS_WITH_CHOICES = [
    json.loads(line)
    for name in ("choice_heldout.jsonl", "choice_heldout_2.jsonl")
    for line in (DATA / name).read_text().splitlines()
]
FRESH = [json.loads(line) for line in (DATA / "choice_fresh.jsonl").read_text().splitlines()]


async def verdict(answer: str, choices: tuple[str, ...], completion: str) -> Verdict:
    user = Message(role="user", content="?")
    reference = Choice(answer=answer, choices=choices)
    prompt = Prompt(id="p", messages=(user,), domain="stem", reference=reference)
    return await ChoiceVerifier().verify(prompt, completion)


async def outcome(answer: str, choices: tuple[str, ...], completion: str) -> Outcome:
    return (await verdict(answer, choices, completion)).outcome


@pytest.mark.parametrize("row", ROWS, ids=[row["pred"][:40] for row in ROWS])
async def test_case_file(row: dict[str, object]) -> None:
    choices = tuple(f"option number {letter}" for letter in "ABCDEFGHIJ")
    gold = str(row["gold"])
    if "\n" in gold:
        gold, choices = "A", ("Peter", "bum")
    assert (await outcome(gold, choices, str(row["pred"])) is PASS) == row["expected"]


@pytest.mark.parametrize("row", ROWS_WITH_CHOICES, ids=[row["pred"][:40] for row in ROWS_WITH_CHOICES])
async def test_heldout_file(row: dict[str, str]) -> None:
    is_pass = await outcome(row["gold"], tuple(row["choices"]), row["pred"]) is PASS
    assert is_pass == bool(row["expected"])


@pytest.mark.parametrize("row", FRESH, ids=[row["completion"][:40] for row in FRESH])
async def test_texts_written_before_the_code_was_looked_at(row: dict[str, str]) -> None:
    found = await outcome(row["answer"], tuple(row["choices"]), row["completion"])
    assert found.value in row["accept"]


@pytest.mark.parametrize(
    ("completion", "right", "expected", "reason"),
    [
        ("The answer is (B).", "B", PASS, "the right option (statement)"),
        ("The answer is (B).", "C", FAIL, "another option (statement)"),
        ("", "B", FAIL, "no answer"),
        (r"\boxed{}", "B", FAIL, "no answer"),
        ("<think>It is B", "B", FAIL, "no answer"),
        ("I do not know.", "B", ABSTAIN, "no option is stated"),
        ("As a text-based AI I see no picture.", "A", ABSTAIN, "no option is stated"),
        ("The answer is (A) or (B).", "A", ABSTAIN, "it leaves open which option it means"),
        ("The answer is (A). So it is (A) or (B).", "A", ABSTAIN, "it leaves open which option it means"),
        ("Maybe it is B.", "B", ABSTAIN, "it is in doubt of its answer"),
        ("I'm not sure, but the answer is B.", "B", ABSTAIN, "it is in doubt of its answer"),
        ("The answer is B. Wait, that is wrong.", "B", ABSTAIN, "it takes its answer back"),
        ("The answer is B. But B is wrong.", "B", ABSTAIN, "it denies its answer again"),
        (r"So \boxed{B", "B", ABSTAIN, "its last box is cut off"),
        ("Definitely not B.", "B", FAIL, "the right option is denied"),
        ("Definitely not B.", "C", ABSTAIN, "it only says which option is wrong"),
        (r"\boxed{E}", "B", FAIL, "no option of the question (statement)"),
        ("The answer is none of the above.", "B", FAIL, "no option of the question (statement)"),
        ("The answer is not listed.", "B", ABSTAIN, "it leaves open which option it means"),
    ],
)
async def test_every_verdict_has_its_reason(completion: str, right: str, expected: Outcome, reason: str) -> None:
    decision = await verdict(right, PLANETS, completion)
    assert (decision.outcome, decision.reason) == (expected, reason)


@pytest.mark.parametrize("answer", ["B", "1", "Venus", "(B)", "b"])
async def test_references_are_letters_indices_or_texts(answer: str) -> None:
    assert await outcome(answer, PLANETS, "The answer is B.") is PASS
    assert await outcome(answer, PLANETS, "The answer is C.") is FAIL


async def test_every_right_option_is_needed_and_no_other() -> None:
    assert await outcome("A,C", PLANETS, "A and C") is PASS
    assert await outcome("A,C", PLANETS, "A") is FAIL
    assert await outcome("A", PLANETS, "A and C") is FAIL
    assert await outcome("C", PLANETS, r"\boxed{A} and \boxed{C}") is FAIL


async def test_options_that_are_numbers_or_letters() -> None:
    assert await outcome("C", ("1", "2", "3", "4"), r"\boxed{3}") is PASS
    assert await outcome("3", ("1", "2", "3", "4"), r"\boxed{C}") is PASS
    assert await outcome("C", ("B", "C", "A", "D"), "The answer is (B)") is PASS


async def test_a_letter_is_a_letter_also_where_one_option_reads_so() -> None:
    elements = ("Li", "C", "Be", "B")
    assert await outcome("B", elements, "The answer is (B).") is PASS
    assert await outcome("B", elements, "The answer is (D).") is FAIL


@pytest.mark.parametrize("answer", ["Pluto", "-1", "4", "²", "9" * 5000])
async def test_a_reference_that_names_no_option_abstains(answer: str) -> None:
    assert await outcome(answer, PLANETS, "A") is ABSTAIN


async def test_a_reference_whose_text_two_options_have_abstains() -> None:
    assert await outcome("2", ("2", "2", "3"), "C") is ABSTAIN


async def test_options_behind_z_are_decided_by_their_text() -> None:
    many = tuple(f"word{place}" for place in range(30))
    decision = await verdict("28", many, "The answer is word28.")
    assert (decision.outcome, decision.extracted) == (PASS, "28")


async def test_a_box_with_a_number_is_the_option_of_that_value_wrong_if_far_from_all_and_open_if_near() -> None:
    assert await outcome("B", LENGTHS, r"Its length is \boxed{40}.") is FAIL
    assert await outcome("B", LENGTHS, r"Its length is \boxed{15.2}.") is ABSTAIN
    assert await outcome("B", LENGTHS, r"Its length is \boxed{0.15 m}.") is PASS
