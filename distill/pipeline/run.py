"""What `distill run` does with a recipe or a pipeline: foretell, run or restart its stages."""

from collections.abc import Sequence

from distill.errors import RecipeError
from distill.pipeline.forecast import forecast
from distill.pipeline.pipeline_run import run_pipeline
from distill.pipeline.recipe_run import run_recipe
from distill.pipeline.state import restart_pipeline
from distill.pipeline.view import print_forecast
from distill.progress import say
from distill.recipe.recipe import Recipe
from distill.recipe.stages import Pipeline
from distill.sampling.redraw import mend_damaged
from distill.sampling.redraw import redraw as forget
from distill.store import RunFolder
from distill.store.folder import restart_run


def run(loaded: Recipe | Pipeline) -> None:
    """Take a recipe or a pipeline through its stages; one that is done is not done again."""
    if isinstance(loaded, Pipeline):
        run_pipeline(loaded)
    else:
        run_recipe(loaded)


def restart(loaded: Recipe | Pipeline, stage: str) -> None:
    """Move aside what a stage and all that is built on it made, so that they are made anew. Nothing is deleted."""
    if isinstance(loaded, Pipeline):
        restart_pipeline(loaded, stage)
    else:
        restart_run(loaded.folder, stage)


def redraw(loaded: Recipe | Pipeline, kinds: Sequence[str]) -> None:
    """Forget samples of a recipe's run that are to be drawn again. Raises RecipeError for a pipeline."""
    if isinstance(loaded, Pipeline):
        raise RecipeError("A pipeline has several runs; --redraw is for a recipe, or for `distill generate`.")
    with RunFolder.open(RunFolder.at(loaded.folder).path, say) as run:
        mend_damaged(run, kinds)
        forget(run, kinds, loaded.teacher, loaded.generate)


def print_dry_run(name: str, loaded: Recipe | Pipeline) -> None:
    """What a pipeline will take, stage by stage. Raises RecipeError for a recipe, of which a pilot tells more."""
    if isinstance(loaded, Recipe):
        raise RecipeError(f"{name} is a single run, which a pilot tells more about: distill estimate {name}")
    print_forecast(forecast(loaded))
