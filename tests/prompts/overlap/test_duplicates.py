"""Rows that say the same are found once each, and the best of them stays."""

import random

import numpy as np
import pytest

from distill.prompts.overlap.content import content
from distill.prompts.overlap.duplicates import Difference, Differing, Duplicate, Duplicates, fingerprints
from distill.prompts.overlap.text import tokens
from tests.planted import plant
from tests.problems import problems

ADD = "Two trains leave Oslo at 40 km/h and 60 km/h. When do they meet if the line is 300 km long?"


def find(rows: list[str], ranks: list[int] | None = None, difference: Difference | None = None) -> list[Duplicate]:
    duplicates = Duplicates()
    found = tokens(rows)
    duplicates.add(fingerprints(found, content(found)), ranks or [0] * len(rows))
    return duplicates.find(difference) if difference else duplicates.find()


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
    assert find([ADD, other], difference=lambda _first, _second: "answer") == []


def test_rows_that_differ_after_all_are_kept_and_shown() -> None:
    rows = [ADD, ADD.lower(), f"Please solve this. {ADD}", "What is 2 + 3?"]
    duplicates, found = Duplicates(), tokens(rows)
    duplicates.add(fingerprints(found, content(found)), [0, 0, 0, 0])
    dropped = duplicates.find(lambda first, second: "answer" if {first, second} == {0, 1} else None)
    assert [(one.row, one.kept) for one in dropped] == [(2, 0)]
    assert duplicates.differing == [Differing(1, 0, "answer")]


def test_rows_that_came_in_chunks_are_found_as_if_they_came_at_once() -> None:
    rows = problems(300, seed=8)
    rows += [plant(row, random.Random(3))[0] for row in rows]
    duplicates = Duplicates()
    for at in range(0, len(rows), 70):
        found = tokens(rows[at : at + 70])
        duplicates.add(fingerprints(found, content(found)), [0] * len(rows[at : at + 70]))
    assert duplicates.find() == find(rows)


def test_fingerprints_can_be_selected() -> None:
    found = tokens([ADD, "", "What is 2 + 3?"])
    some = fingerprints(found, content(found)).select(np.array([2, 1]))
    again = tokens(["What is 2 + 3?", ""])
    whole = fingerprints(again, content(again))
    assert [part.tolist() for part in some] == [part.tolist() for part in whole]


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
