"""A recipe: one YAML file that describes a whole run, a section a stage."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from distill.errors import RecipeError
from distill.recipe.card_section import CardSection
from distill.recipe.loading import Tree, find_recipe, read_yaml, resolve, set_key, validated
from distill.recipe.sections import (
    EvalSection,
    GenerateSection,
    PromptsSection,
    SelectSection,
    SftSection,
    TeacherSection,
    VerifySection,
)
from distill.references import Record


class Recipe(Record):
    """A whole run. Sections that are left out are stages that do not take place."""

    name: str = Field(pattern=r"^[\w.-]+$")
    run: Annotated[Path | None, Field(validate_default=True)] = None
    """The run folder; default `runs/NAME`."""
    prompts: PromptsSection
    teacher: TeacherSection
    generate: GenerateSection = GenerateSection()
    verify: VerifySection = VerifySection()
    select: SelectSection = SelectSection()
    card: CardSection = CardSection()
    sft: SftSection | None = None
    eval: EvalSection | None = None

    @property
    def folder(self) -> Path:
        """Where everything of this run is kept."""
        return self.run or Path("runs") / self.name


def load_recipe(name: str, overrides: Sequence[str] = ()) -> Recipe:
    """Read and check a recipe; its files are resolved, so that the result stands on its own."""
    path = find_recipe(name)
    tree = read_yaml(path)
    if "stages" in tree:
        raise RecipeError(f"{path} is a pipeline of several runs; `distill run` and `distill estimate` take those.")
    return recipe_of(path, tree, overrides)


def recipe_of(path: Path, tree: Tree, overrides: Sequence[str]) -> Recipe:
    """The recipe that a file's tree describes."""
    for override in overrides:
        set_key(tree, override)
    recipe = validated(Recipe, tree, str(path))
    prompts = recipe.prompts.model_copy(update={"file": resolve(recipe.prompts.file, path)})
    held_out = recipe.eval and recipe.eval.model_copy(update={"file": resolve(recipe.eval.file, path)})
    card = recipe.card.model_copy(update={"file": recipe.card.file and resolve(recipe.card.file, path)})
    return recipe.model_copy(update={"prompts": prompts, "card": card, "eval": held_out})
