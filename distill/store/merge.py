"""Runs of slices ─▶ one run. Sealed shards have names of their own, so a merge copies files and joins manifests."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue

from distill.errors import RunError
from distill.files import settle_folder
from distill.progress import say
from distill.recipe.loading import digest
from distill.store import RunFolder, Table
from distill.store.folder import ROW_STAGES
from distill.store.manifest import Manifest, StageEntry, read_manifest, write_manifest
from distill.store.stages import GROWN_FROM, as_asked, changes


def merge(sources: Sequence[Path], target: Path) -> RunFolder:
    """Join runs of disjoint slices of the same prompts, sampled under the same settings, into a new run.

    Raises RunError where they differ, overlap, or where the target exists. The sources stay as they are. Where the
    target was merged from the same runs already, it stays as it is too.
    """
    if len(sources) < 2:
        raise RunError("A merge takes two run folders or more.")
    made_from: dict[str, JsonValue] = {"merge": [str(source.absolute()) for source in sources]}
    if is_made(target, made_from):
        return RunFolder.at(target)
    stages = _joined_stages(sources, [RunFolder.at(source).manifest for source in sources])
    _refuse_overlap(sources)
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    made = RunFolder(partial)
    for number, source in enumerate(sources):
        with RunFolder.open(source, say) as run:  # seals what an attempt that died left in its journals
            for table, into in zip(_tables(run), _tables(made), strict=True):
                into.folder.mkdir(parents=True, exist_ok=True)
                for shard in table.shards():
                    shutil.copy2(shard, into.folder / f"{number:04}-{shard.name}")
    write_manifest(partial, Manifest(stages=stages, made_from=made_from))
    settle_folder(partial, target)
    return RunFolder.at(target)


def is_made(target: Path, made_from: Mapping[str, JsonValue]) -> bool:
    """Whether a run was made in just this way by an earlier attempt. Raises RunError where anything else is there."""
    if not target.exists():
        return False
    if read_manifest(target).made_from != made_from:
        raise RunError(f"{target} exists already; name a new folder.")
    say(f"{target} was made of this already. To make it anew, of what was added since, name a new folder.")
    return True


def _tables(run: RunFolder) -> list[Table]:
    """All that a run has drawn: also what `extend` has put apart to be continued."""
    return [run.prompts, run.samples, run.cut, run.verdicts]


def _joined_stages(sources: Sequence[Path], manifests: Sequence[Manifest]) -> dict[str, StageEntry]:
    stages: dict[str, StageEntry] = {}
    for name in ROW_STAGES:
        if any(name in manifest.stages for manifest in manifests):
            entry = _joined(name, sources, manifests)
            whole = digest(*(before.settings for before in stages.values()), entry.settings)
            stages[name] = entry.model_copy(update={"digest": whole})
    return stages


def _joined(name: str, sources: Sequence[Path], manifests: Sequence[Manifest]) -> StageEntry:
    """The joined entry of a stage that all runs have under the same settings; it is done where it is done in all."""
    entries = [manifest.stages.get(name) for manifest in manifests]
    present = [entry for entry in entries if entry is not None]
    for source, entry in zip(sources, entries, strict=True):
        if entry is None or _shared(entry.settings) != _shared(present[0].settings):
            what = "; ".join(changes(present[0].settings, entry.settings)) if entry else "it has none"
            raise RunError(
                f"{source} has another `{name}` than {sources[0]} ({what}); only runs made alike can be merged."
            )
    counts: dict[str, int | float | str] = {}
    for entry in present:
        for key, count in entry.counts.items():
            before = counts.get(key, 0)
            counts[key] = (
                before + count if isinstance(count, int | float) and isinstance(before, int | float) else count
            )
    return present[0].model_copy(
        update={
            "is_done": all(entry.is_done for entry in present),
            "settings": _shared(present[0].settings) | _grown_from(present),
            "counts": counts,
            "seconds": sum(entry.seconds for entry in present),
        }
    )


def _shared(settings: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The settings that slices have in common: one may have grown to them, and another begun so."""
    return {key: value for key, value in as_asked(settings).items() if key != "slice"}


def _grown_from(entries: Sequence[StageEntry]) -> dict[str, JsonValue]:
    """What any of the runs was asked for before it grew."""
    listed = [entry.settings.get(GROWN_FROM) for entry in entries]
    known: list[JsonValue] = list(dict.fromkeys(str(each) for earlier in listed if isinstance(earlier, list)
                                                for each in earlier))  # fmt: skip
    return {GROWN_FROM: known} if known else {}


def _refuse_overlap(sources: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for source in sources:
        for row in RunFolder.at(source).prompts.rows(["id"]):
            first = seen.setdefault(str(row["id"]), source)
            if first != source:
                raise RunError(
                    f"{source} and {first} both hold the prompt {row['id']!r}; merge slices that are disjoint."
                )
