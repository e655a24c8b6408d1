"""Cards, from their makers' data sheets."""

from typing import Literal, NamedTuple

from distill.errors import RecipeError

GB = 1e9

GpuName = Literal["a100", "h100", "h200", "b200"]


class Gpu(NamedTuple):
    """One card."""

    memory_gb: int
    tflops: float
    """Dense bfloat16."""


GPUS: dict[GpuName, Gpu] = {
    "a100": Gpu(80, 312),
    "h100": Gpu(80, 989),
    "h200": Gpu(141, 989),
    "b200": Gpu(180, 2250),
}


def gpu_named(name: str) -> GpuName:
    """The card of this name. Raises RecipeError where it is not in the table."""
    for known in GPUS:
        if known == name.lower():
            return known
    raise RecipeError(f"There is no card {name!r} in the table; known are {', '.join(GPUS)}.")
