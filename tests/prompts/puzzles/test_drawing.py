"""Puzzles of several tasks and levels in turn, by a maker that only counts."""

from collections.abc import Callable
from concurrent.futures import Future
from itertools import islice

import pytest

from distill.errors import InputError
from distill.prompts.sources.puzzles.drawing import MAX_FAILURES, draw
from distill.prompts.sources.puzzles.makers import PuzzleBlock, Puzzles
from distill.prompts.sources.puzzles.picks import Pick
from distill.prompts.sources.source import parse_source

A, B = Pick("a", "logic", (None,)), Pick("b", "math", (0, 2))


class CountingMaker:
    """Makes what a function of block and number says, and remembers how much it was asked for."""

    def __init__(self, puzzle: Callable[[PuzzleBlock, int], str | None]) -> None:
        self._puzzle = puzzle
        self.num_made = 0

    def __call__(self, block: PuzzleBlock) -> "Future[Puzzles]":
        self.num_made += block.stop - block.first
        future: Future[Puzzles] = Future()
        future.set_result([self._entry(block, number) for number in range(block.first, block.stop)])
        return future

    def _entry(self, block: PuzzleBlock, number: int) -> dict[str, object] | str:
        question = self._puzzle(block, number)
        return "it cannot be made" if question is None else {"question": question, "answer": "1", "metadata": {}}


def different(block: PuzzleBlock, number: int) -> str:
    return f"{block.task} {block.level} {block.seed} {number}"


def drawn(picks: list[Pick], size: int, make: CountingMaker, seed: int = 7) -> list[str]:
    rows = [located.row for located in islice(draw(picks, size, seed, make), size)]
    return [f"not made: {row}" if isinstance(row, InputError) else str(row["id"]) for row in rows]


def test_tasks_take_turns_and_of_each_task_its_levels() -> None:
    assert drawn([A, B], 6, CountingMaker(different)) == ["a-7-0", "b@0-7-0", "a-7-1", "b@2-7-0", "a-7-2", "b@0-7-1"]


def test_a_row_names_its_domain_and_carries_its_puzzle_for_the_scorer() -> None:
    (located,) = islice(draw([B], 1, 7, CountingMaker(different)), 1)
    entry = {"question": "b 0 7 0", "answer": "1", "metadata": {}}
    scorer = {"package": "reasoning-gym", "task": "b", "entry": entry}
    assert located.row == {"id": "b@0-7-0", "domain": "math", "question": "b 0 7 0", "scorer": scorer}
    assert located.where == "reasoning-gym:b@0, problem 0"


def test_a_larger_size_begins_with_a_smaller_one() -> None:
    many = drawn([A, B], 500, CountingMaker(different))
    assert drawn([A, B], 3, CountingMaker(different)) == many[:3]
    assert len(set(many)) == 500


def test_little_more_is_made_than_was_asked_for() -> None:
    few, many = CountingMaker(different), CountingMaker(different)
    drawn([A, B], 4, few)
    drawn([A, B], 3_000, many)
    assert few.num_made <= 12
    assert many.num_made <= 3_060


def test_a_puzzle_comes_once_and_a_task_that_has_no_more_leaves_its_turns_to_others() -> None:
    three = CountingMaker(lambda block, number: f"a {number % 3}" if block.task == "a" else different(block, number))
    assert drawn([A, B], 9, three).count("a-7-1") == 1
    ids = drawn([A, B], 30, three)
    assert [row for row in ids if row.startswith("a")] == ["a-7-0", "a-7-1", "a-7-2"]
    assert len(ids) == 30


def test_levels_of_a_task_do_not_repeat_each_other() -> None:
    same = CountingMaker(lambda _block, number: f"b {number}")
    assert drawn([B], 4, same) == [f"b@0-7-{number}" for number in range(4)]


def test_a_puzzle_that_cannot_be_made_is_passed_over() -> None:
    odd = CountingMaker(lambda block, number: different(block, number) if number % 2 else None)
    assert drawn([A], 2, odd) == ["a-7-1", "a-7-3"]


def test_a_task_that_makes_nothing_at_all_is_one_row_that_says_why() -> None:
    none = CountingMaker(lambda _block, _number: None)
    assert drawn([A], 5, none) == ["not made: it cannot be made"]
    assert none.num_made <= 2 * MAX_FAILURES


def test_a_level_that_makes_nothing_does_not_hold_up_the_others() -> None:
    half = CountingMaker(lambda block, number: different(block, number) if block.level == 0 else None)
    assert drawn([B], 50, half) == [f"b@0-7-{number}" for number in range(50)]
    assert half.num_made <= 80


def test_what_is_named_on_the_command_line_is_drawn_from_the_real_package() -> None:
    pytest.importorskip("reasoning_gym")
    found = [located.row for located in parse_source("reasoning-gym:maze@0-1,chain_sum", {}).rows(4, 3)]
    rows = [row for row in found if not isinstance(row, InputError)]
    assert [row["id"] for row in rows] == ["maze@0-3-0", "chain_sum-3-0", "maze@1-3-0", "chain_sum-3-1"]
    assert [row["domain"] for row in rows] == ["logic", "math", "logic", "math"]
