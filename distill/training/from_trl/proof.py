"""A converted recipe, read as any other is before a training."""

from pathlib import Path
from tempfile import TemporaryDirectory

from distill.errors import RecipeError
from distill.training import recipe as sft
from distill.training.from_trl.template import ChatTemplate
from distill.training.grpo import recipe as grpo
from distill.training.machine.batch import steps
from distill.training.settings.owned import Method
from distill.training.settings.values import check_values


def prove(text: str, template: ChatTemplate, method: Method, num_gpus: int, source: Path) -> None:
    """Load the recipe and have TRL read its values. Raises RecipeError with what stands in the way."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{source.stem}.yaml"
        file.write_text(text, encoding="utf-8")
        overrides = []
        if template.text is not None:
            own = file.with_suffix(".jinja")
            own.write_text(template.text, encoding="utf-8")
            overrides.append(f"distill.template={own}")
        try:
            loaded = sft.load(file, overrides) if method == "sft" else grpo.load(file, overrides)
            _check(loaded, method, num_gpus)
        except RecipeError as error:
            raise RecipeError(f"{source} cannot be a recipe as it is: {error} Add KEY=VALUE to the command.") from error


def _check(recipe: sft.StudentRecipe, method: Method, num_gpus: int) -> None:
    trl = {**recipe.trl, "gradient_accumulation_steps": steps(recipe, num_gpus).gradient_accumulation}
    if isinstance(recipe, grpo.GrpoRecipe):
        grpo.check_groups(recipe, num_gpus)
        trl["generation_batch_size"] = recipe.rollout
    check_values(recipe, trl, method)
