"""Stages that are made anew, and taken back: what they made is moved aside, never deleted, since samples were paid for.

A move is decided in one step, by writing it into `manifest.json` together with what the stages are then, and completed
behind that: killed in between, the next to open the folder completes it.
"""

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from distill.errors import RunError
from distill.files import sync_folder
from distill.store.manifest import Aside, Manifest, read_manifest, write_manifest
from distill.store.stages import OLD, free_name, utc_now


class Restored(NamedTuple):
    """What a restore did, each folder of the stages with its place beside."""

    back: Mapping[str, str]
    """Where what is back had been."""
    since: Mapping[str, str]
    """Where that lies now which was made since; empty where nothing was."""


def restart(folder: Path, made: Mapping[str, str]) -> list[Path]:
    """Forget stages, so that they may run under other settings; `made` maps each to the folder that it makes.

    These folders are moved aside. Returns their new places; those of the last restart where that has forgotten these
    stages already and nothing was made since. Raises RunError where the folder has nothing of the first stage.
    """
    complete(folder)
    manifest, first = read_manifest(folder), next(iter(made))
    if first not in manifest.stages and not _has_files(folder / made[first]):
        if manifest.asides and first in manifest.asides[-1].made:
            return [folder / place for place in manifest.asides[-1].places.values()]
        held = ", ".join(manifest.stages) or "none yet"
        raise RunError(f"{folder} holds nothing of the stage {first} to restart (stages: {held}); leave --restart out.")
    aside = _aside(folder, manifest, made)
    kept = {name: entry for name, entry in manifest.stages.items() if name not in made}
    _move(folder, manifest.model_copy(update={"stages": kept, "asides": (*manifest.asides, aside)}), aside.places)
    return [folder / place for place in aside.places.values()]


def restore(folder: Path, refresh: Callable[[Manifest], Manifest]) -> Restored:
    """Take back what was moved aside last; what was made since is moved aside in its place.

    `refresh` puts right what the manifest then says of stages whose upstream has changed meanwhile. Raises RunError
    where nothing was moved aside, or where it is not there any more.
    """
    under_way = _under_way(read_manifest(folder))
    complete(folder)
    if under_way is not None:
        return under_way
    manifest = read_manifest(folder)
    if not manifest.asides:
        raise RunError(f"{folder} has nothing to be taken back: no stage of it was restarted.")
    back = manifest.asides[-1]
    lost = [place for place in back.places.values() if not (folder / place).exists()]
    if lost:
        raise RunError(f"{folder} cannot be restored: {', '.join(lost)} is not there any more. Nothing was changed.")
    since = _aside(folder, manifest, back.made)
    is_empty = not since.stages and not any(_has_files(folder / name) for name in since.places)
    if is_empty:
        for name in since.places:
            shutil.rmtree(folder / name)
    kept = {name: entry for name, entry in manifest.stages.items() if name not in back.made}
    now = {"stages": {**kept, **back.stages}, "asides": manifest.asides[:-1] + (() if is_empty else (since,))}
    leaving = {} if is_empty else since.places
    returning = {place: name for name, place in back.places.items()}
    _move(folder, refresh(manifest.model_copy(update=now)), {**leaving, **returning})
    return Restored(back.places, leaving)


def complete(folder: Path) -> None:
    """Complete the moves that an attempt had decided before it was killed. Needs the lock."""
    manifest = read_manifest(folder)
    if not manifest.moves:
        return
    for before, after in manifest.moves:
        if (folder / before).exists() and not (folder / after).exists():
            (folder / before).rename(folder / after)
    sync_folder(folder)
    write_manifest(folder, manifest.model_copy(update={"moves": ()}))


def _under_way(manifest: Manifest) -> Restored | None:
    """The restore that an attempt had decided before it was killed: to begin another would swap back."""
    back = {after: before for before, after in manifest.moves if OLD in before}
    return Restored(back, {before: after for before, after in manifest.moves if OLD in after}) if back else None


def _move(folder: Path, manifest: Manifest, places: Mapping[str, str]) -> None:
    write_manifest(folder, manifest.model_copy(update={"moves": tuple(places.items())}))
    complete(folder)


def _aside(folder: Path, manifest: Manifest, made: Mapping[str, str]) -> Aside:
    """What is there of some stages, and where it is to lie."""
    return Aside(
        made=dict(made),
        stages={name: entry for name, entry in manifest.stages.items() if name in made},
        places={name: free_name(folder / name).name for name in _unique(made.values()) if (folder / name).exists()},
        moved=utc_now(),
    )


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _has_files(path: Path) -> bool:
    """Whether there is a file at or anywhere below a path."""
    return path.is_file() or any(item.is_file() for item in path.rglob("*"))
