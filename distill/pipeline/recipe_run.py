"""The stages that a recipe implies, in order.

    prompts ─▶ generate ─▶ verify ─▶ select [─▶ before ─▶ sft ─▶ after]

`before` and `after` are scores of the student's base and of the trained student.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from distill.dataset.card_facts import OwnCard
from distill.dataset.left_out import left_out_lines, unverified_lines
from distill.dataset.own_card import read_own_card
from distill.dataset.select import select
from distill.evaluation.evaluate import evaluate
from distill.evaluation.models import served
from distill.evaluation.scores import add_score, read_scores, write_into_card
from distill.pipeline.engine import Entry, Halted, Stage, run_stages
from distill.progress import say
from distill.recipe.recipe import Recipe
from distill.recipe.sections import EvalSection, SftSection, TeacherSection, VerifySection
from distill.report.page import write_report
from distill.sampling.generate import generate
from distill.sampling.prompts import import_prompts
from distill.store import RunFolder
from distill.store.stages import Counts
from distill.teacher.engines.engine import Engine
from distill.training.recipe import load
from distill.training.sft import sft
from distill.training.student import student
from distill.training.view import reporting
from distill.verifiers.verify import verify_run


def run_recipe(recipe: Recipe) -> bool:
    """Take a recipe from prompts to a scored student; a stage that is done is not done again.

    Returns whether all stages are done: False where a limit on what is bought ended the sampling.
    """
    with RunFolder.open(recipe.folder, say) as run:
        is_done = run_stages(recipe, run.path / "recipe.yaml", implied_stages(run, recipe))
        write_report(run)
    return is_done


def implied_stages(run: RunFolder, recipe: Recipe) -> list[Stage]:
    """The stages of a recipe, in order; what it has no section for does not take place."""
    stages = [
        Stage("prompts", "prompts", partial(import_prompts, run, recipe.prompts.file)),
        Stage("generate", "generate", partial(_generate, run, recipe)),
        Stage("verify", "verify", partial(verify_run, run, recipe.verify)),
        Stage("select", "select", partial(_select, run, recipe), _selecting(run, recipe)),
    ]
    return stages if recipe.sft is None else stages + _student_stages(run, recipe, recipe.sft)


def fine_tune(
    recipe: str, dataset: Path | list[Path], out: Path, overrides: Sequence[str], num_gpus: int | None = None
) -> Counts:
    """Train a student into `out`; what the manifest counts of it."""
    with reporting() as report:
        result = sft(recipe, dataset, out=out, overrides=overrides, num_gpus=num_gpus, report=report)
    return {key: getattr(result, key) for key in ("num_rows", "num_steps", "num_tokens", "first_loss", "last_loss")}


def score_model(
    model: TeacherSection, settings: EvalSection, verify: VerifySection, folder: Path, scores: Path
) -> Counts:
    """Score a model in `folder`, and enter the score by that name into the `scores.json` of the folder `scores`."""
    score = evaluate(folder, model, settings, verify)
    add_score(scores, folder.name, score)
    return {"samples": score.num_samples, "pass_at_1": score.pass_at_1, "low": score.low, "high": score.high}


def _generate(run: RunFolder, recipe: Recipe) -> None:
    """An engine that the recipe names runs only while samples are drawn. Raises Halted where a limit ended that."""
    with Engine(recipe.teacher, run.path / "teacher.log", say) as engine:
        if not generate(run, recipe.teacher, recipe.generate, engine, recipe.verify):
            say(f"A dataset of what is there: distill verify {run.path}, then distill select {run.path} --out DIR")
            raise Halted


def _selecting(run: RunFolder, recipe: Recipe) -> Entry:
    own = read_own_card(recipe.card)
    said = {"card": own.model_dump(mode="json")} if own != OwnCard() else {}
    settings = {**recipe.select.digested(), **said}
    return Entry(partial(run.stage_settings, "select", settings), run.path / "dataset", is_cheap=True)


def _select(run: RunFolder, recipe: Recipe) -> Counts:
    facts = select([run], run.path / "dataset", recipe.select, read_own_card(recipe.card))
    paths = [str(run.path)]
    for line in (*left_out_lines(facts, paths), *unverified_lines(facts, paths)):
        say(line)
    say(f"select: {facts.num_rows:,} rows of {facts.num_kept_prompts:,} of {facts.num_prompts:,} prompts.")
    counts = {"rows": facts.num_rows, "prompts": facts.num_prompts}
    return counts | {f"left out, {each.reason}": each.num_samples for each in facts.left_out}


def _student_stages(run: RunFolder, recipe: Recipe, settings: SftSection) -> list[Stage]:
    out = run.path / "student"
    train = partial(fine_tune, settings.recipe, run.path / "dataset", out, settings.overrides)
    training = Stage("sft", "sft", train, Entry(partial(run.stage_settings, "sft", settings.digested()), out))
    if recipe.eval is None:
        return [training]

    def score(when: str, weights: Path, settings: EvalSection) -> Counts:
        model = served(f"student-{when}", weights, settings)
        return score_model(model, settings, recipe.verify, run.path / "eval" / when, run.path)

    def score_base(section: EvalSection) -> Counts:
        base = student.prepare(load(settings.recipe, settings.overrides).distill).folder
        return score("before", base, section)

    def score_student(section: EvalSection) -> Counts:
        counts = score("after", out, section)
        scores = read_scores(run.path).items()
        write_into_card(out, {f"{each.benchmark}, {when} training": each for when, each in scores})
        return counts

    before = Stage("before", "eval", partial(score_base, recipe.eval))
    return [before, training, Stage("after", "eval", partial(score_student, recipe.eval))]
