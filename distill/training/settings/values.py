"""Whether TRL takes a recipe's values, said before a row is prepared."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from distill.errors import RecipeError
from distill.training.settings.keys import refuse
from distill.training.settings.known import is_installed, known_fields
from distill.training.settings.owned import Method

if TYPE_CHECKING:
    from distill.training.recipe import StudentRecipe


def check_values(recipe: "StudentRecipe", trl: Mapping[str, JsonValue], method: Method = "sft") -> bool:
    """Check types and choices of `trl`, the settings that TRL will read, then build its trainer on one small layer.

    False where the extra `train` is not installed: then nothing was checked. Raises RecipeError with every value of a
    wrong type, else with what TRL, transformers or PEFT refuse first. It takes a second, and imports torch.
    """
    if not is_installed():
        return False
    from distill.training.settings import trial
    from distill.training.settings.types import wrong_values

    known = {key: value for key, value in trl.items() if key in known_fields(method)}
    if found := wrong_values(known, method):
        refuse(recipe.name, found)
    if (reason := trial.refusal(recipe.distill, known, method)) is not None:
        raise RecipeError(f"{recipe.name}: {reason}")
    return True
