"""From "64 examples a step" to gradient accumulation on a given number of GPUs. Pure arithmetic."""

from typing import NamedTuple

from distill.errors import RecipeError
from distill.training.recipe import StudentRecipe


class Steps(NamedTuple):
    """How one optimizer step is made."""

    num_replicas: int
    """GPUs that see different rows: all of them, divided by those that share one row."""
    gradient_accumulation: int
    rows: int
    """Rows a step: packed ones where the recipe packs."""


def steps(recipe: StudentRecipe, num_gpus: int) -> Steps:
    """Divide the recipe's batch over `num_gpus` processes.

    Examples must divide evenly, since a batch of 72 is not the batch of 64 that the recipe promises. Tokens are
    met to the nearest whole number of packed rows.
    """
    block = recipe.distill
    num_replicas, rest = divmod(num_gpus, block.sequence_parallel)
    if rest or not num_replicas:
        raise RecipeError(
            f"{num_gpus} GPUs do not divide into groups of {block.sequence_parallel} that share one row. "
            "Change --gpus or distill.sequence_parallel."
        )
    at_once = num_replicas * recipe.rows_per_device
    if block.batch.unit == "examples":
        accumulation, rest = divmod(block.batch.size, at_once)
        if rest or not accumulation:
            raise RecipeError(
                f"{block.batch.size} examples a step do not divide by {at_once} ({num_replicas} replicas × "
                f"{recipe.rows_per_device} rows). Change --gpus, per_device_train_batch_size or distill.batch.size."
            )
    else:
        accumulation = max(1, round(block.batch.size / (recipe.max_length * at_once)))
    return Steps(num_replicas, accumulation, accumulation * at_once)
