"""What a card states of one run: its manifest, read for people."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from distill.dataset.card_facts import JudgeFacts, RunFacts
from distill.dataset.commands import remaking_commands
from distill.dataset.provenance import plain_recipe
from distill.recipe.loading import recipe_names
from distill.sampling.purse import BOUGHT_COLUMNS, bought_by
from distill.store import RunFolder
from distill.store.folder import ROW_STAGES
from distill.store.manifest import Made, Manifest, StageEntry, made_with, tolerance_of
from distill.teacher.engines.catalogue import KIND, Teacher, load_teacher


def run_facts(run: RunFolder, name: str, decisions: Mapping[str, int]) -> RunFacts:
    """Everything that the card states of a run, which it calls `name`; `decisions` is what became of its samples."""
    manifest = run.manifest
    made, stages = made_with(manifest), manifest.stages
    price = stages["generate"].price
    recipe = plain_recipe(run.path)
    prompts = stages.get("prompts")
    return RunFacts(
        name=name,
        teacher=made.teacher,
        weights=_public(made.weights),
        policy=made.policy,
        sampling=made.sampling,
        num_few_shot=made.num_few_shot,
        digest=stages["generate"].digest,
        tolerance=tolerance_of(manifest),
        system=made.system,
        wording=made.wording,
        price=price,
        cost=price and bought_by(run.samples.rows(BOUGHT_COLUMNS)).cost(price),
        teacher_license=_license(made),
        judge=_judge(manifest, made),
        prompts_sha256=str(prompts.settings["sha256"]) if prompts is not None else "",
        recipe_sha256=None if recipe is None else hashlib.sha256(recipe.encode()).hexdigest(),
        origin=None if prompts is None else prompts.origin,
        versions=_versions(stages),
        started=stages["generate"].started,
        finished=_finished(stages),
        decisions=dict(decisions),
        commands=remaking_commands(name, manifest, has_recipe=recipe is not None),
    )


def _public(weights: str | None) -> str | None:
    """Weights without the folders of the machine that they lay on."""
    return Path(weights).name if weights is not None and Path(weights).is_absolute() else weights


def _license(made: Made) -> str | None:
    """The licence of a teacher that `recipes/teachers/` has, by its weights or its name."""
    for name, known in _catalogue():
        if made.weights == known.weights or made.teacher.lower() in (name, known.weights.lower(), known.model):
            return known.license
    return None


@cache
def _catalogue() -> tuple[tuple[str, Teacher], ...]:
    """Every teacher that ships, by the name of its file; reading them takes longer than the rest of a run's facts."""
    return tuple((name, load_teacher(name)) for name in recipe_names(KIND))


def _judge(manifest: Manifest, made: Made) -> JudgeFacts | None:
    entry = manifest.stages.get("verify")
    judge = None if entry is None else entry.settings.get("judge")
    if not isinstance(judge, dict):
        return None
    told = {key: value for key, value in judge.items() if key in JudgeFacts.model_fields}
    templates = {key: Path(str(judge[key])).name for key in ("with_reference", "without_reference")}
    return JudgeFacts.model_validate(told | templates | {"is_teacher": judge["model"] == made.teacher})


def _versions(stages: Mapping[str, StageEntry]) -> dict[str, str]:
    """Of all stages that made rows; what differs among them is listed."""
    found: dict[str, list[str]] = {}
    for name in ROW_STAGES:
        for package, number in (stages[name].versions if name in stages else {}).items():
            if number not in found.setdefault(package, []):
                found[package].append(number)
    return {package: ", ".join(numbers) for package, numbers in found.items()}


def _finished(stages: Mapping[str, StageEntry]) -> str | None:
    ends = [entry.finished for name in ROW_STAGES if (entry := stages.get(name)) is not None and entry.finished]
    return max(ends, default=None)
