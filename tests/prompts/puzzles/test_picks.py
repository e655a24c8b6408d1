"""Tasks of reasoning-gym by name: which ones, at which levels."""

import pytest

from distill.errors import InputError
from distill.prompts.sources.puzzles.picks import Pick, PuzzleTask, left_out, pick

TASKS = {
    "acre": PuzzleTask("reasoning_gym.induction.acre.acre", []),
    "countdown": PuzzleTask("reasoning_gym.games.countdown", [0, 1, 2, 3]),
    "caesar_cipher": PuzzleTask("reasoning_gym.algorithmic.caesar_cipher", [0, 1]),
    "count_primes": PuzzleTask("reasoning_gym.algorithmic.count_primes", [0]),
    "gcd": PuzzleTask("reasoning_gym.arithmetic.gcd", [0, 1]),
    "syllogism": PuzzleTask("reasoning_gym.logic.syllogisms", [0]),
}


def picked(argument: str) -> dict[str, tuple[int | None, ...]]:
    return {each.task: each.levels for each in pick(argument, TASKS)}


def test_a_level_belongs_to_the_task_that_it_is_written_behind() -> None:
    assert picked("countdown@3,gcd") == {"countdown": (3,), "gcd": (None,)}
    assert picked("countdown@1-3") == {"countdown": (1, 2, 3)}


def test_a_domain_is_all_its_tasks_that_are_fit_each_at_the_levels_that_it_has() -> None:
    assert picked("logic") == {"acre": (None,), "caesar_cipher": (None,), "countdown": (None,)}
    assert picked("logic@1-2") == {"caesar_cipher": (1,), "countdown": (1, 2)}


def test_an_unfit_task_is_made_where_it_is_named_and_else_left_out_with_the_reason() -> None:
    assert "syllogism" in picked("syllogism,gcd")
    assert left_out("logic@0", TASKS) == {"syllogism": "one of two words is right half of the time"}
    assert left_out("logic,syllogism", TASKS) == left_out("gcd", TASKS) == {}


def test_what_is_named_twice_is_picked_once_as_it_was_named_first() -> None:
    assert picked("countdown@3,logic") == {"countdown": (3,), "acre": (None,), "caesar_cipher": (None,)}


def test_tasks_are_mathematics_or_logic_by_what_they_ask() -> None:
    domains = {each.task: each.domain for each in pick("math,logic", TASKS)}
    assert domains == {
        "gcd": "math", "count_primes": "math", "acre": "logic", "caesar_cipher": "logic", "countdown": "logic"
    }  # fmt: skip
    assert pick("gcd", TASKS) == [Pick("gcd", "math", (None,))]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("no_such_task", "has no task 'no_such_task'"),
        ("countdown@7", "task countdown has the levels 0, 1, 2, 3, so there is no countdown@7"),
        ("caesar_cipher@0-2", "has the levels 0, 1, so there is no caesar_cipher@2"),
        ("acre@0", "task acre has no levels, so there is no acre@0"),
        ("logic@9", "no task of logic at the levels 9; logic@0 has most of them"),
        ("countdown@x", "written as countdown@3, and several as countdown@0-4, but countdown@x was given"),
        ("countdown@3-1", "but countdown@3-1 was given"),
        ("", "has no task ''"),
    ],
)
def test_what_the_package_does_not_have_is_told_in_a_sentence(argument: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        pick(argument, TASKS)
