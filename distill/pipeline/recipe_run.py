"""`distill run`: every stage of a recipe in order; run again, it goes on where it was."""

import time
from pathlib import Path

import yaml

from distill.dataset import select
from distill.evaluation.evaluate import evaluate
from distill.evaluation.models import served
from distill.evaluation.scores import add_score
from distill.files import write_whole
from distill.progress import say
from distill.recipe.recipe import Recipe
from distill.recipe.sections import EvalSection, SftSection
from distill.report.page import write_report
from distill.sampling.generate import generate
from distill.sampling.prompts import import_prompts
from distill.store import RunFolder
from distill.teacher.engine import Engine
from distill.training.recipe import load
from distill.training.sft import sft
from distill.training.student import student
from distill.training.view import reporting
from distill.verifiers.verify import verify_run


def run_recipe(recipe: Recipe) -> None:
    """Take a recipe from prompts to a scored student; a stage that is done is not done again."""
    with RunFolder.open(recipe.folder, say) as run:
        write_whole(run.path / "recipe.yaml", yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False))
        make_samples(run, recipe)
        verify_run(run, recipe.verify)
        make_dataset(run, recipe)
        if recipe.sft is not None:
            make_student(run, recipe.sft, recipe)
        write_report(run)


def make_samples(run: RunFolder, recipe: Recipe) -> None:
    """The teacher's part; an engine that the recipe names runs only while samples are drawn."""
    import_prompts(run, recipe.prompts.file)
    with Engine(recipe.teacher, run.path / "teacher.log", say) as engine:
        generate(run, recipe.teacher, recipe.generate, engine, recipe.verify)


def make_dataset(run: RunFolder, recipe: Recipe) -> None:
    """Select into `dataset/`, unless the dataset of these settings is there."""
    entry = run.begin("select", recipe.select.digested(), is_cheap=True)
    if entry.is_done and (run.path / "dataset").is_dir():
        say("select: the dataset is there already.")
        return
    start = time.monotonic()
    facts = select([run], run.path / "dataset", recipe.select, f"distill run {recipe.name}")
    run.finish("select", {"rows": facts.num_rows, "prompts": facts.num_prompts}, time.monotonic() - start)
    say(f"select: {facts.num_rows:,} rows of {facts.num_kept_prompts:,} of {facts.num_prompts:,} prompts.")


def make_student(run: RunFolder, settings: SftSection, recipe: Recipe) -> None:
    """Score the base, train it on the dataset, and score what came out."""
    base = student.prepare(load(settings.recipe, settings.overrides).distill).folder
    if recipe.eval is not None:
        _score(run, "before", base, recipe.eval, recipe)
    train(run, settings)
    if recipe.eval is not None:
        _score(run, "after", run.path / "student", recipe.eval, recipe)


def train(run: RunFolder, settings: SftSection) -> None:
    """Fine-tune the student that the section names into `student/`."""
    run.begin("sft", settings.digested())
    start = time.monotonic()
    with reporting() as report:
        result = sft(
            settings.recipe, run.path / "dataset", out=run.path / "student", overrides=settings.overrides, report=report
        )
    if result.was_done:
        say("sft: the student is trained already.")
        return
    names = ("num_rows", "num_steps", "num_tokens", "first_loss", "last_loss")
    run.finish("sft", {name: getattr(result, name) for name in names}, time.monotonic() - start)


def _score(run: RunFolder, when: str, weights: Path, settings: EvalSection, recipe: Recipe) -> None:
    score = evaluate(run.path / "eval" / when, served(f"student-{when}", weights, settings), settings, recipe.verify)
    add_score(run.path, when, score)
