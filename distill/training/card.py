"""What a training did, and the model card that says so."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from distill.errors import RunError
from distill.records import Record


class SftResult(Record):
    """Lineage and outcome of a training; `sft.json` in the model folder holds it."""

    model: Path
    recipe: str
    recipe_digest: str
    base: str
    base_digest: str
    """Of the prepared student: weights, tokenizer, template, RoPE."""
    license: str
    dataset: str
    dataset_digest: str
    """Of the dataset's files: the revision that was trained on."""
    teachers: tuple[str, ...]
    verifiers: tuple[str, ...]
    num_rows: int
    num_overlong: int
    """Rows dropped because they are longer than `max_length`."""
    num_control: int
    """Rows set aside because their text spells a control token."""
    num_tokens: int
    """Tokens seen in training: all epochs, prompts included."""
    num_steps: int
    rows_per_step: int
    first_loss: float
    last_loss: float
    seconds: float
    """Wall time of the training loop, since its last start."""
    hardware: str
    versions: dict[str, str]
    was_done: bool = False
    """True where an earlier call had finished the same training."""


def write_card(model: Path, scores: Mapping[str, str] | None = None) -> Path:
    """Write README.md of a trained model from its sft.json; call again with scores once they are measured.

    `scores` maps a benchmark to its score as it should be printed: `{"AIME 2024 pass@1": "55.5 ± 2.1 %"}`.
    """
    file = model / "sft.json"
    if not file.is_file():
        raise RunError(f"{model} has no sft.json, so nothing is known of its training. Train it with: distill sft")
    result = SftResult.model_validate_json(file.read_bytes())
    path = model / "README.md"
    path.write_text(card(result, scores or {}), encoding="utf-8")
    return path


def card(result: SftResult, scores: Mapping[str, str]) -> str:
    """The card's text: the Hub's metadata, then lineage and scores."""
    is_hub_id = not result.base.startswith((".", "/", "~", "package:"))
    base = public_name(result.base)
    meta: dict[str, str | list[str]] = {
        "license": result.license,
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["distill", "reasoning", "sft"],
    }
    if is_hub_id:
        meta["base_model"] = result.base
    return f"""---
{yaml.safe_dump(meta, sort_keys=False).strip()}
---

# {result.model.name}

{base}, fine-tuned on {result.num_rows:,} verified reasoning traces with `distill sft --recipe {result.recipe}`.

| lineage | |
| --- | --- |
{table(_lineage(result))}

| score | |
| --- | --- |
{table(dict(scores) or {"none measured": "run `distill eval`"})}
"""


def _lineage(result: SftResult) -> dict[str, str]:
    left_out = f"{result.num_overlong:,} over-long and {result.num_control:,} with control tokens left out"
    dataset = f"{public_name(result.dataset)}, digest `{result.dataset_digest}`"
    return {
        "base": public_name(result.base),
        "recipe": f"{result.recipe}, digest `{result.recipe_digest}`",
        "dataset": f"{dataset}, {result.num_rows:,} rows; {left_out}",
        "teacher": ", ".join(result.teachers) or "not stated by the dataset",
        "verifier": ", ".join(result.verifiers) or "not stated by the dataset",
        "tokens seen": f"{result.num_tokens:,}",
        "steps": f"{result.num_steps:,} of {result.rows_per_step} rows",
        "loss": f"{result.first_loss:.3f} → {result.last_loss:.3f}",
        "hardware": f"{result.hardware}, {result.seconds / 3600:.2f} h",
        "versions": ", ".join(f"{name} {version}" for name, version in result.versions.items()),
    }


def public_name(name: str) -> str:
    """A name without the folders of the machine that it lay on."""
    return Path(name).name if Path(name).is_absolute() else name


def table(rows: Mapping[str, str]) -> str:
    """Rows of a Markdown table of two columns."""
    return "\n".join(f"| {name} | {value} |" for name, value in rows.items())
