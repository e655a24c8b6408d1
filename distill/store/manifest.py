"""`manifest.json`: for each stage of a run, under which settings it ran, what it counted, and when."""

import json
from pathlib import Path

from pydantic import Field, JsonValue

from distill.errors import RunError
from distill.files import write_whole
from distill.recipe.sections import Price
from distill.records import Sampling
from distill.references import Record
from distill.rows.prompt_origin import Origin


class StageEntry(Record):
    """What the manifest says of one stage."""

    digest: str
    """Of the stage's own settings and those of every stage before it."""
    settings: dict[str, JsonValue]
    """What the digest covers, so that a difference can be named."""
    is_done: bool
    counts: dict[str, int | float | str] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    round: int = 0
    """Another one each time that the stage is begun anew or opened again: what shards of an earlier one hold is old."""
    started: str
    """UTC, ISO 8601; the first attempt."""
    finished: str | None = None
    seconds: float = 0.0
    """Wall time of all attempts together."""
    price: Price | None = None
    """What the tokens of this stage cost, where it was told."""
    origin: Origin | None = None
    """Of `prompts`: where the rows come from, where `distill prompts` made the file."""


class Aside(Record):
    """What was moved aside, to make a stage and those that follow anew or to take an earlier one back."""

    made: dict[str, str]
    """The stages that were forgotten, each with the folder that it makes."""
    stages: dict[str, StageEntry]
    """What the manifest said of them."""
    places: dict[str, str]
    """Where each of these folders lies now, where it existed: `samples` ─▶ `samples.old-1`."""
    moved: str
    """UTC, ISO 8601."""


class Manifest(Record):
    """The whole file."""

    stages: dict[str, StageEntry] = Field(default_factory=dict)
    asides: tuple[Aside, ...] = ()
    """What was moved aside and can be taken back, the latest last."""
    moves: tuple[tuple[str, str], ...] = ()
    """Renames inside the folder that are decided, and are completed by whoever opens it next."""
    made_from: dict[str, JsonValue] = Field(default_factory=dict)
    """The runs that this one was merged or extended from, and how; nothing for one that was drawn."""

    def with_stage(self, name: str, entry: StageEntry) -> "Manifest":
        """A copy in which a stage's entry is replaced."""
        return self.model_copy(update={"stages": {**self.stages, name: entry}})


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a run folder; an empty one for a new run."""
    path = folder / "manifest.json"
    if not path.exists():
        return Manifest()
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValueError as error:
        raise RunError(f"{path} is damaged ({str(error).splitlines()[0]}); restore it or start a new run.") from None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step, so that a reader sees the old one or the new one."""
    said = {name: value for name, value in manifest.model_dump(mode="json").items() if value or name == "stages"}
    write_whole(folder / "manifest.json", json.dumps(said, indent=2) + "\n")


class Made(Record):
    """The settings behind the samples of a run."""

    teacher: str
    weights: str | None
    policy: str
    sampling: Sampling
    num_few_shot: int
    system: str | None = None
    wording: str | None = None


def made_with(manifest: Manifest) -> Made:
    """Read the settings of the `generate` stage. Raises RunError where it has not run."""
    entry = manifest.stages.get("generate")
    if entry is None:
        raise RunError("This run has no samples yet; run `distill generate` first.")
    settings = entry.settings
    few_shot = settings["few_shot"]
    return Made.model_validate(
        {
            "teacher": settings["model"],
            "weights": settings["weights"],
            "policy": settings["policy"],
            "sampling": settings["sampling"],
            "num_few_shot": len(few_shot) if isinstance(few_shot, list) else 0,
            "system": settings.get("system"),
            "wording": settings.get("wording"),
        }
    )


def tolerance_of(manifest: Manifest) -> str:
    """The policy under which answers were compared, by the stage that gave the verdicts."""
    entry = manifest.stages.get("verify")
    return str(entry.settings.get("tolerance", "exact")) if entry else "exact"
