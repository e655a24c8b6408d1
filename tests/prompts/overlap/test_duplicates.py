"""Rows that say the same are found once each, and the best of them stays."""

import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest

from distill.prompts.overlap.content import content
from distill.prompts.overlap.duplicates import Differing, Duplicate, Duplicates
from distill.prompts.overlap.fingerprints import Fingerprints, fingerprints
from distill.prompts.overlap.text import tokens
from tests.planted import plant
from tests.problems import problems

ADD = "Two trains leave Oslo at 40 km/h and 60 km/h. When do they meet if the line is 300 km long?"


class Answers(NamedTuple):
    """Rows whose texts never differ, and what their answers are."""

    answers: Sequence[str]

    def answer(self, row: int) -> str:
        return self.answers[row]

    def difference(self, first: int, second: int) -> str | None:
        return None


def known(rows: list[str]) -> Fingerprints:
    found = tokens(rows)
    return fingerprints(rows, found, content(found))


def find(rows: list[str], ranks: list[int] | None = None, answers: Sequence[str] = ()) -> list[Duplicate]:
    duplicates = Duplicates()
    duplicates.add(known(rows), ranks or [0] * len(rows))
    return duplicates.find(Answers(answers or [""] * len(rows)))


def test_rows_that_differ_in_markup_are_exact_duplicates() -> None:
    assert find([r"Find $b > 9$.", "Compute 3 + 4", r"FIND \(b \gt 9\)"]) == [Duplicate(2, 0, 1.0, is_exact=True)]


def test_a_reworded_row_is_a_near_duplicate() -> None:
    [found] = find([ADD, f"Please solve this task. {ADD.replace('When do they meet', 'At what time do they meet')}"])
    assert (found.row, found.kept, found.is_exact) == (1, 0, False)
    assert 0.8 <= found.similarity < 1


def test_the_row_with_the_better_reference_stays_and_of_equals_the_first() -> None:
    assert [(one.row, one.kept) for one in find([ADD, ADD, ADD], ranks=[0, 2, 2])] == [(0, 1), (2, 1)]


@pytest.mark.parametrize(
    "other",
    [
        ADD.replace("300", "500"),
        ADD.replace("When do they meet", "Who arrives first"),
        "Compute the derivative of $x^2$.",
    ],
)
def test_other_numbers_or_another_question_make_another_problem(other: str) -> None:
    assert find([ADD, other], answers=["3", "5"]) == []


def test_rows_whose_answers_differ_are_kept_and_shown() -> None:
    rows = [ADD, ADD.lower(), f"Please solve this. {ADD}", "What is 2 + 3?"]
    duplicates = Duplicates()
    duplicates.add(known(rows), [0, 0, 0, 0])
    dropped = duplicates.find(Answers(["3", "4", "3.0", "5"]))
    assert [(one.row, one.kept) for one in dropped] == [(2, 0)]
    assert duplicates.differing == [Differing(1, 0, "answer")]


class Unlike(NamedTuple):
    """Rows without answers whose texts differ whenever they are read."""

    def answer(self, row: int) -> str:
        return ""

    def difference(self, first: int, second: int) -> str | None:
        return "parentheses"


def test_only_rows_with_other_brackets_indices_or_words_are_read_closely() -> None:
    rows = ["What is 88 / (4 / 2)?", "What is $88/(4/2)$?", "What is 88 / 4 / 2?"]
    duplicates = Duplicates()
    duplicates.add(known(rows), [0, 0, 0])
    assert [(one.row, one.kept) for one in duplicates.find(Unlike())] == [(1, 0)]
    assert duplicates.differing == [Differing(2, 0, "parentheses")]


STORY = """A farmer sells 14 baskets of pears and 23 crates of plums at the market on Monday. Every basket costs 5
dollars and every crate 8 dollars. How much money does the farmer earn?"""
RETOLD = """On Monday Anna's stall parted with 14 baskets of pears, then with 23 crates of plums. She asks 5 dollars
a basket but 8 dollars a crate; what do the earnings come to?"""
NOTES = f"{STORY} Hint: look at the baskets alone, think of the crates later on, and add up both parts in the end."


@pytest.mark.parametrize("other", [RETOLD, NOTES])
def test_another_wording_and_a_longer_one_are_duplicates_where_the_answers_agree(other: str) -> None:
    assert [one.row for one in find([STORY, other], answers=["254", "254.0"])] == [1]
    assert find([STORY, other], answers=["254", ""]) == []
    assert find([STORY, other], answers=["254", "300"]) == []


def test_rows_that_came_in_chunks_are_found_as_if_they_came_at_once() -> None:
    rows = problems(300, seed=8)
    rows += [plant(row, random.Random(3))[0] for row in rows]
    duplicates = Duplicates()
    for at in range(0, len(rows), 70):
        duplicates.add(known(rows[at : at + 70]), [0] * len(rows[at : at + 70]))
    assert duplicates.find(Answers([""] * len(rows))) == find(rows)


def test_fingerprints_of_some_texts_can_be_taken() -> None:
    some = known([ADD, "", "What is 2 + 3?"]).take(np.array([2, 1]))
    whole = known(["What is 2 + 3?", ""])
    assert [np.array(part).tolist() for part in some] == [np.array(part).tolist() for part in whole]


def test_the_order_of_terms_makes_another_problem() -> None:
    assert find(["State the answer to this sum: 5 + 2 =", "State the answer to this sum: 2 + 5 ="]) == []


def test_rows_without_content_are_compared_exactly() -> None:
    assert find(["What is it?", "Who are you?", "what is it", ""]) == [Duplicate(2, 0, 1.0, is_exact=True)]


def test_no_rows_have_no_duplicates() -> None:
    assert find([]) == []


def test_planted_duplicates_are_found_and_others_kept(capsys: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(11)
    rows = problems(3000, seed=5)
    spoilt = [plant(rows[place], chance)[0] for place in range(1000)]
    found = find([*rows, *spoilt])
    right = sum(one.row == 3000 + one.kept or one.kept == 3000 + one.row for one in found)
    precision, recall = right / len(found), right / 1000
    with capsys.disabled():
        print(f"\nduplicates: precision {precision:.2%}, recall {recall:.2%} of 1,000 planted among 3,000 rows")
    assert precision >= 0.99
    assert recall >= 0.98
