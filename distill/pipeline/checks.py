"""What can be known of a recipe or a pipeline before anything is moved, sent or trained."""

from collections.abc import Sequence
from pathlib import Path

from distill.dataset.filters import parse_filters
from distill.dataset.mixture import Mixture
from distill.dataset.own_card import read_own_card
from distill.dataset.preference import parse_preference
from distill.errors import InputError
from distill.pipeline.state import overrides
from distill.recipe.loading import load_named
from distill.recipe.recipe import Recipe
from distill.recipe.sections import SelectSection
from distill.recipe.stages import EvalStage, Pipeline, SampleStage, SftStage
from distill.sampling.checks import check_sampling
from distill.sampling.endpoints import check_reachable
from distill.training import recipe as students
from distill.training.held_out import check_prompts
from distill.verifiers.readiness import check_verification


def check(loaded: Recipe | Pipeline) -> None:
    """Raise DistillError for what a later stage would refuse after an earlier one has spent."""
    if isinstance(loaded, Recipe):
        _check_recipe(loaded)
        return
    for stage in loaded.stages.values():
        if isinstance(stage, SampleStage):
            check_sampling(stage.teacher, stage.generate, stage.verify)
            _check_selection(stage.select)
            read_own_card(stage.card)
        elif isinstance(stage, SftStage):
            _check_student(stage.recipe, overrides(stage, stage.base))
        elif isinstance(stage, EvalStage):
            check_verification(stage.verify)


def check_before_moving(loaded: Recipe | Pipeline) -> None:
    """Raise TeacherError where a recipe names endpoints, and none of them can be used now."""
    if isinstance(loaded, Recipe):
        check_reachable(loaded.teacher, loaded.generate)


def _check_recipe(recipe: Recipe) -> None:
    check_sampling(recipe.teacher, recipe.generate, recipe.verify)
    _check_selection(recipe.select)
    read_own_card(recipe.card)
    _check_files([recipe.prompts.file, *([recipe.eval.file] if recipe.eval else [])])
    if recipe.sft is not None:
        _check_student(recipe.sft.recipe, recipe.sft.overrides)


def _check_selection(settings: SelectSection) -> None:
    parse_preference(settings.policy)
    parse_filters(settings.filters)
    if settings.mixture is not None:
        load_named(Mixture, settings.mixture, "mixtures")


def _check_student(recipe: str, lines: Sequence[str]) -> None:
    held_out = students.load(recipe, lines).distill.held_out
    if held_out is not None and held_out.prompts is not None:
        check_prompts(held_out.prompts)


def _check_files(files: Sequence[Path]) -> None:
    for file in files:
        if not file.is_file():
            raise InputError(f"There is no file {file}, which the recipe names; check the path.")
