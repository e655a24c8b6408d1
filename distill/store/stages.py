"""The stages of a run or pipeline as `manifest.json` has them: begun under which settings, grown, done."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from distill.errors import RecipeError, RunError
from distill.recipe.loading import digest
from distill.recipe.sections import Price
from distill.rows.prompt_origin import Origin
from distill.store.manifest import Manifest, StageEntry, read_manifest, write_manifest

GROWN_FROM = "grown_from"
"""The setting of a stage that lists what it asked for before it was to make more of the same."""
OLD = ".old-"
"""Before the number, in the name of what was moved aside."""
Counts = Mapping[str, int | float | str]


class StageSettings(NamedTuple):
    """What a stage's result follows from."""

    settings: Mapping[str, JsonValue]
    digest: str
    """Of these settings and of all that the stage is built on."""
    built_on: Sequence[str] = ()
    """The stages that it takes something from."""
    followers: Sequence[str] = ()
    """The stages that are built on it."""


def begin(folder: Path, name: str, now: StageSettings) -> StageEntry:
    """Enter a stage into the manifest, unless it stands there under the same digest; its entry."""
    manifest = read_manifest(folder)
    entry = manifest.stages.get(name)
    if entry is not None and entry.digest == now.digest:
        return entry
    rounds = [aside.stages[name].round + 1 for aside in manifest.asides if name in aside.stages]
    entry = StageEntry(
        digest=now.digest,
        settings=dict(now.settings),
        is_done=False,
        versions={"distill": version("distill")},
        round=max(rounds, default=0),
        started=utc_now(),
    )
    write_manifest(folder, manifest.with_stage(name, entry))
    return entry


def finish(folder: Path, name: str, counts: Counts, seconds: float, versions: Mapping[str, str] | None = None) -> None:
    """Record that a stage is done: what it counted, how long this attempt took, and the versions it rested on."""
    manifest = read_manifest(folder)
    before = manifest.stages[name]
    news = {
        "is_done": True,
        "counts": dict(counts),
        "versions": before.versions | dict(versions or {}),
        "finished": utc_now(),
        "seconds": round(before.seconds + seconds, 3),
    }
    write_manifest(folder, manifest.with_stage(name, before.model_copy(update=news)))


def note_attempt(folder: Path, name: str, seconds: float, price: Price | None) -> None:
    """Record what an attempt that did not finish a stage took, and what tokens cost, where it was told."""
    manifest = read_manifest(folder)
    before = manifest.stages[name]
    news = {"seconds": round(before.seconds + seconds, 3), "price": price or before.price}
    write_manifest(folder, manifest.with_stage(name, before.model_copy(update=news)))


def note_origin(folder: Path, name: str, origin: Origin) -> None:
    """Record where the rows of a stage come from."""
    manifest = read_manifest(folder)
    entry = manifest.stages[name].model_copy(update={"origin": origin})
    write_manifest(folder, manifest.with_stage(name, entry))


def refuse_changed(folder: Path, name: str, now: StageSettings) -> None:
    """Raise RunError, with what changed and the ways out, where a stage was begun under other settings."""
    entry = read_manifest(folder).stages.get(name)
    if entry is None or entry.digest == now.digest:
        return
    what = (
        "; ".join(changes(entry.settings, now.settings)) or f"what it is built on, {', '.join(now.built_on)}, differs"
    )
    follow = f" and what was built on that ({', '.join(now.followers)})" if now.followers else ""
    raise RunError(
        f"{folder} already holds the stage {name} under other settings ({what}). Take the old settings back, choose "
        f"another run folder (run=DIR in a recipe, --run DIR of a command), or add `--restart {name}`, which moves "
        f"aside what it made{follow}, and makes it anew; `distill restore` takes that back."
    )


def changes(then: Mapping[str, JsonValue], now: Mapping[str, JsonValue]) -> list[str]:
    """The settings that differ, each as `key: then → now`."""
    then, now = as_asked(then), as_asked(now)
    keys = sorted({*then, *now})
    return [f"{key}: {then.get(key)!r} → {now.get(key)!r}" for key in keys if then.get(key) != now.get(key)]


def grown(then: StageEntry, now: Mapping[str, JsonValue], earlier: str) -> StageEntry:
    """The entry of a stage that is to make more of the same; what it was asked for before is noted in its settings."""
    history = then.settings.get(GROWN_FROM)
    before = history if isinstance(history, list) else []
    settings: dict[str, JsonValue] = {**now, GROWN_FROM: [*before, earlier]}
    return then.model_copy(update={"settings": settings, "is_done": False})


def as_asked(settings: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The settings that a user gives: all but what the stage was asked before it grew."""
    return {name: value for name, value in settings.items() if name != GROWN_FROM}


def reopen(manifest: Manifest, names: Iterable[str]) -> Manifest:
    """A copy in which these stages, where they were begun, are not done."""
    entries = {name: manifest.stages[name] for name in names if name in manifest.stages}
    undone = {
        name: entry.model_copy(update={"is_done": False, "round": entry.round + 1}) for name, entry in entries.items()
    }
    return manifest.model_copy(update={"stages": {**manifest.stages, **undone}})


def refreshed(manifest: Manifest, kept: Sequence[str], followers: Iterable[str]) -> Manifest:
    """A copy that is right after some of the stages `kept`, given in their order, has grown.

    What they made stays, so the digests of those behind it follow; none of them is done, nor are `followers`, whose
    digests stay: what they made is of the smaller run.
    """
    stages, is_changed = dict(manifest.stages), False
    settings: list[Mapping[str, JsonValue]] = []
    for name in (name for name in kept if name in stages):
        settings.append(stages[name].settings)
        whole = digest(*settings)
        is_changed = is_changed or whole != stages[name].digest
        if is_changed:
            stages[name] = stages[name].model_copy(update={"digest": whole, "is_done": False})
    manifest = manifest.model_copy(update={"stages": stages})
    return reopen(manifest, followers) if is_changed else manifest


def refuse_unknown(name: str, known: Iterable[str]) -> None:
    """Raise RecipeError where a stage that is to be restarted does not exist."""
    names = list(known)
    if name not in names:
        raise RecipeError(f"There is no stage {name!r} to restart; stages are {', '.join(names)}.")


def free_name(path: Path) -> Path:
    """A name beside a file or folder that nothing has yet: `samples.old-1`."""
    number = 1
    while (aside := path.with_name(f"{path.name}{OLD}{number}")).exists():
        number += 1
    return aside


def utc_now() -> str:
    """The time in ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
