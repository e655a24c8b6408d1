"""What a dataset's runs were made of, as a part of it: `provenance/RUN/{recipe.yaml, manifest.json, prompts/}`.

Names of folders of the machine, and addresses at which models answered, are left out: whoever makes the dataset again
has others.
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import yaml
from pydantic import JsonValue

from distill.dataset.commands import FEW_SHOT, WORDING
from distill.dataset.run_names import run_names
from distill.recipe.loading import read_yaml
from distill.store import RunFolder
from distill.store.folder import ROW_STAGES
from distill.store.manifest import PROVENANCE

SECTIONS = ("name", "prompts", "teacher", "generate", "verify", "select")
"""Of a recipe, what makes a dataset."""
ACCESS = ("endpoints", "endpoints_from", "headers", "key_env")
"""Of a model, how it was reached."""

PATHS = ("weights", "with_reference", "without_reference", "tokenizer", "mixture", "merge", "extend")
"""What may be a path of the machine, in recipes and manifests."""


def write_provenance(runs: Sequence[RunFolder], folder: Path) -> None:
    """Write what the runs were made of below a dataset's folder; the same runs give the same bytes."""
    for run, name in zip(runs, run_names(runs), strict=True):
        place = folder / PROVENANCE / name
        (place / "prompts").mkdir(parents=True)
        for number, shard in enumerate(run.prompts.shards()):
            shutil.copyfile(shard, place / "prompts" / f"{number:05}.parquet")
        (place / "manifest.json").write_text(_manifest(run), encoding="utf-8")
        recipe = plain_recipe(run.path)
        if recipe is not None:
            (place / "recipe.yaml").write_text(recipe, encoding="utf-8")
        _write_texts(run.manifest.stages["generate"].settings, place)


def plain_recipe(run: Path) -> str | None:
    """The recipe of a run as far as it makes a dataset, its prompts beside it; None where there is none."""
    file = run / "recipe.yaml"
    if not file.is_file():
        return None
    tree = {key: value for key, value in read_yaml(file).items() if key in SECTIONS}
    verify = tree.get("verify")
    judge = verify.get("judge") if isinstance(verify, dict) else None
    for model in (tree.get("teacher"), judge):
        if isinstance(model, dict):
            for key in ACCESS:
                model.pop(key, None)
    if isinstance(judge, dict):
        judge["endpoints"] = ["http://JUDGE_URL/v1"]  # it needs one; the command that the card shows replaces it
    tree["prompts"] = {"file": "prompts"}
    return yaml.safe_dump(_plain(tree), sort_keys=False, allow_unicode=True)


def _manifest(run: RunFolder) -> str:
    """What the manifest says of the stages that made rows; later ones, as `select` itself, are no part of it."""
    manifest = run.manifest
    stages = {name: manifest.stages[name] for name in ROW_STAGES if name in manifest.stages}
    kept = manifest.model_copy(update={"stages": stages, "asides": (), "moves": ()})
    return json.dumps(_plain(kept.model_dump(mode="json")), indent=2, ensure_ascii=False) + "\n"


def _write_texts(settings: dict[str, JsonValue], place: Path) -> None:
    """What else the teacher read, as files that `distill generate` takes."""
    wording, few_shot = settings.get("wording"), settings.get("few_shot")
    if wording is not None:
        (place / WORDING).write_text(str(wording), encoding="utf-8")
    if few_shot:
        text = json.dumps(few_shot, indent=2, ensure_ascii=False)
        (place / FEW_SHOT).write_text(text + "\n", encoding="utf-8")


def _plain(value: object, key: str = "") -> object:
    """A tree in which a path of the machine is its last part."""
    match value:
        case dict():
            return {name: _plain(each, str(name)) for name, each in value.items()}
        case list():
            return [_plain(each, key) for each in value]
        case str() if key in PATHS and Path(value).is_absolute():
            return Path(value).name
        case _:
            return value
