"""The real package: what its processes make does not depend on who asks, when, or for what else."""

import json
from importlib.metadata import version

import pytest

from distill.errors import InputError
from distill.prompts.sources.puzzles import making
from distill.prompts.sources.puzzles.makers import PuzzleBlock, PuzzleMakers, Puzzles

reasoning_gym = pytest.importorskip("reasoning_gym")


def made(*blocks: PuzzleBlock) -> list[Puzzles]:
    with PuzzleMakers(1) as makers:
        return [future.result() for future in [makers.make(block) for block in blocks]]


def test_the_same_puzzles_come_in_another_process_though_a_task_draws_from_sets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    block = PuzzleBlock("word_ladder", None, 3, 0, 4)
    monkeypatch.setenv("PYTHONHASHSEED", "1")
    first = made(block)
    monkeypatch.setenv("PYTHONHASHSEED", "2")
    _, second = made(PuzzleBlock("maze", 1, 0, 5, 6), block)
    assert first == [second]


def test_a_puzzle_does_not_depend_on_the_block_that_it_was_made_in() -> None:
    assert making.make("acre", None, 0, 498, 503)[3:] == making.make("acre", None, 0, 501, 503)


def test_a_puzzle_says_what_it_is_made_again_of() -> None:
    (puzzle,) = making.make("chain_sum", 2, 9, 503, 504)
    assert isinstance(puzzle, dict)
    how = puzzle.pop("made")
    assert (how["version"], how["level"], how["size"], how["index"]) == (version("reasoning-gym"), 2, 500, 3)
    curriculum = reasoning_gym.factory.create_curriculum("chain_sum")
    curriculum.set_global_level(2)
    config = curriculum.generate_configuration({"seed": how["seed"], "size": how["size"]})
    again = reasoning_gym.factory.DATASETS["chain_sum"][0](config)[how["index"]]
    assert json.loads(json.dumps(again)) == puzzle


def test_neighbouring_seeds_have_no_puzzle_in_common() -> None:
    first, second = (
        {puzzle["question"] for puzzle in making.make("chain_sum", 3, seed, 0, 50) if isinstance(puzzle, dict)}
        for seed in (0, 1)
    )
    assert len(first) > 45
    assert not first & second


def test_a_task_has_the_levels_that_it_accepts() -> None:
    tasks = making.tasks()
    assert "composite" not in tasks
    assert tasks["acre"] == ("reasoning_gym.induction.acre.acre", [])
    assert tasks["caesar_cipher"][1] == [0, 1]  # it refuses its curriculum's rotations by more than 25
    assert tasks["countdown"][1] == [0, 1, 2, 3, 4]


def test_what_a_generator_raises_is_a_reason() -> None:
    (reason,) = making.make("caesar_cipher", 3, 0, 0, 1)
    assert str(reason).startswith("reasoning-gym made no puzzle of it (AssertionError: rotation must be in range")


def test_a_process_that_ends_is_told_of() -> None:
    with PuzzleMakers(1) as makers, pytest.raises(InputError, match="ended over the puzzles of no_task"):
        makers.make(PuzzleBlock("no_task", None, 0, "x", 1)).result()  # type: ignore[arg-type]


def test_problems_that_models_are_evaluated_on_and_inputs_that_nothing_decides_are_not_made() -> None:
    codes = making.make("codeio", None, 0, 0, 6)
    assert all(isinstance(puzzle, dict) and "feasible input" not in puzzle["question"] for puzzle in codes)
    assert making.SETTINGS["arc_agi"] == {"use_eval": False}
