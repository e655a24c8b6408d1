"""The stages of a run or pipeline as `manifest.json` has them: begun under which settings, done, restarted."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from distill.errors import RecipeError, RunError
from distill.recipe.sections import Price
from distill.store.manifest import Manifest, StageEntry, read_manifest, write_manifest

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
    entry = StageEntry(
        digest=now.digest,
        settings=dict(now.settings),
        is_done=False,
        versions={"distill": version("distill")},
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
        f"aside what it made{follow}, and makes it anew."
    )


def changes(then: Mapping[str, JsonValue], now: Mapping[str, JsonValue]) -> list[str]:
    """The settings that differ, each as `key: then → now`."""
    keys = sorted({*then, *now})
    return [f"{key}: {then.get(key)!r} → {now.get(key)!r}" for key in keys if then.get(key) != now.get(key)]


def restart(folder: Path, made: Mapping[str, str]) -> list[Path]:
    """Forget stages, so that they may run under other settings; `made` maps each to the folder that it makes.

    These folders are moved aside and never deleted: samples were paid for. Returns their new places.
    """
    present = [folder / name for name in made.values() if (folder / name).exists()]
    moved = [path.rename(free_name(path)) for path in present]
    stages = {name: entry for name, entry in read_manifest(folder).stages.items() if name not in made}
    write_manifest(folder, Manifest(stages=stages))
    return moved


def refuse_unknown(name: str, known: Iterable[str]) -> None:
    """Raise RecipeError where a stage that is to be restarted does not exist."""
    names = list(known)
    if name not in names:
        raise RecipeError(f"There is no stage {name!r} to restart; stages are {', '.join(names)}.")


def free_name(path: Path) -> Path:
    """A name beside a file or folder that nothing has yet: `samples.old-1`."""
    number = 1
    while (aside := path.with_name(f"{path.name}.old-{number}")).exists():
        number += 1
    return aside


def utc_now() -> str:
    """The time in ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
