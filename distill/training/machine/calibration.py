"""What `scripts/gpu-check` measured, in place of what the estimates assume."""

from pathlib import Path

from pydantic import PositiveFloat, ValidationError

from distill.errors import InputError
from distill.references import Record
from distill.training.machine.memory import quantized_bits
from distill.training.recipe import StudentRecipe


class LayoutFigures(Record):
    """One layout's training, beside the arithmetic."""

    memory_factor: PositiveFloat
    """Bytes that torch reserved at its peak, for each byte of `Memory.computed`."""
    utilisation: PositiveFloat
    """Share of the card's dense bfloat16 operations a second that the formula's operations took."""


class Calibration(Record):
    """A file of `scripts/gpu-check`."""

    hardware: str
    """`1 × NVIDIA H100 80GB HBM3`."""
    date: str
    layouts: dict[str, LayoutFigures]
    """By the names of `calibrated_as`."""

    def figures(self, recipe: StudentRecipe) -> LayoutFigures | None:
        """Those of the recipe's layout; None where gpu-check could not train it."""
        return self.layouts.get(calibrated_as(recipe))


def read_calibration(file: Path) -> Calibration:
    """Read what gpu-check wrote. Raises InputError where it is another file."""
    try:
        return Calibration.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise InputError(
            f"{file} holds no figures of scripts/gpu-check: {str(error).splitlines()[0]}. Name the calibration.json "
            "that it wrote."
        ) from error


def calibrated_as(recipe: StudentRecipe) -> str:
    """Which of gpu-check's trainings a recipe is like: `qlora`, `lora`, or the name of its accelerate config."""
    if recipe.trl.get("use_peft"):
        return "qlora" if quantized_bits(recipe) else "lora"
    return Path(recipe.distill.accelerate).stem
