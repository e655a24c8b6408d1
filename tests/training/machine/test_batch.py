import pytest

from distill.errors import RecipeError
from distill.training.machine.batch import steps
from distill.training.recipe import load

PACKED = ("packing=true", "distill.batch.unit=tokens", "distill.batch.size=342739")


@pytest.mark.parametrize(("num_gpus", "accumulation"), [(1, 64), (8, 8), (64, 1)])
def test_a_step_sees_64_examples_on_any_number_of_gpus(num_gpus: int, accumulation: int) -> None:
    assert steps(load("qwen-7b"), num_gpus) == (num_gpus, accumulation, 64)


def test_a_batch_that_does_not_divide_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"64 examples a step do not divide by 24"):
        steps(load("qwen-7b"), 24)


@pytest.mark.parametrize(("num_gpus", "rows"), [(1, 10), (8, 8), (16, 16)])
def test_packed_rows_come_as_near_to_the_tokens_as_whole_rows_can(num_gpus: int, rows: int) -> None:
    assert steps(load("qwen-7b", PACKED), num_gpus).rows == rows


def test_gpus_that_share_a_row_count_once() -> None:
    recipe = load("qwen-32b", ["distill.accelerate=sp", "distill.sequence_parallel=4"])
    assert steps(recipe, 32) == (8, 8, 64)
    with pytest.raises(RecipeError, match="do not divide into groups of 4"):
        steps(recipe, 6)
