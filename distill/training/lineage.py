"""Where a trained model comes from, whatever trained it, and the parts of its card that say so."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from pydantic import Field, JsonValue

from distill.formatting import markdown_table
from distill.references import Record
from distill.training.changes import RECIPE
from distill.training.hyperparameters import hyperparameters
from distill.training.recipe import StudentRecipe


class Lineage(Record):
    """What a model was made of, by what, and on what."""

    recipe: str
    recipe_digest: str
    base: str
    revision: str | None = None
    """Of a base from the Hub, where the recipe names one."""
    base_digest: str
    """Of the prepared student: weights, tokenizer, template, RoPE."""
    license: str
    verifiers: tuple[str, ...]
    seconds: float
    """Wall time of the training loop, since its last start."""
    hardware: str
    versions: dict[str, str]
    hyperparameters: dict[str, str] = Field(default_factory=dict)
    """As a card shows them; `recipe.yaml` beside it has every key."""


def lineage_of(
    recipe: StudentRecipe,
    settings: Mapping[str, JsonValue],
    verifiers: tuple[str, ...],
    measured: Mapping[str, JsonValue],
) -> Lineage:
    """The lineage of a training that began with `settings` and ended with `measured`, on the libraries here."""
    arguments = measured.get("arguments")
    return Lineage(
        recipe=recipe.name,
        recipe_digest=str(settings[RECIPE]),
        base=recipe.distill.base,
        revision=recipe.distill.revision,
        base_digest=str(settings["base"]),
        license=recipe.distill.license,
        verifiers=verifiers,
        seconds=float(str(measured["seconds"])),
        hardware=str(measured["hardware"]),
        hyperparameters=hyperparameters(recipe, arguments if isinstance(arguments, dict) else {}),
        versions={name: version(name) for name in ("distill", "torch", "transformers", "trl")},
    )


def lineage_table(lineage: Lineage, between: Mapping[str, str]) -> str:
    """Markdown: the lineage, and between its origin and its machine the rows of one method."""
    revision = f" at {lineage.revision}" if lineage.revision else ""
    rows = {
        "base": f"{public_name(lineage.base)}{revision}",
        "recipe": f"{lineage.recipe}, digest `{lineage.recipe_digest}`",
        "verifier": ", ".join(lineage.verifiers) or "not stated by the dataset",
        **between,
        "hardware": f"{lineage.hardware}, {lineage.seconds / 3600:.2f} h",
        "versions": ", ".join(f"{name} {number}" for name, number in lineage.versions.items()),
    }
    return f"## Training\n\n{markdown_table(('lineage', ''), rows.items(), 'll')}"


def hyperparameter_table(lineage: Lineage) -> str:
    """Markdown: how it was trained; empty where that was not noted."""
    if not lineage.hyperparameters:
        return ""
    table = markdown_table(("hyperparameter", ""), lineage.hyperparameters.items(), "ll")
    return f"## Hyperparameters\n\n{table}\n\n`recipe.yaml` beside this card has every key."


def public_name(name: str) -> str:
    """A name without the folders of the machine that it lay on."""
    return Path(name).name if Path(name).is_absolute() else name
