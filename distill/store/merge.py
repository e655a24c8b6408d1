"""Runs of slices ─▶ one run. Sealed shards have names of their own, so a merge copies files and joins manifests."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from pydantic import JsonValue

from distill.errors import RunError
from distill.progress import say
from distill.recipe.loading import digest
from distill.store import RunFolder
from distill.store.manifest import Manifest, StageEntry, write_manifest

MERGED = ("prompts", "generate", "verify")
"""The stages whose results are joined; later ones are run anew."""


def merge(sources: Sequence[Path], target: Path) -> RunFolder:
    """Join runs of disjoint slices of the same prompts, sampled under the same settings, into a new run.

    Raises RunError where they differ, overlap, or where the target exists. The sources stay as they are.
    """
    if len(sources) < 2:
        raise RunError("A merge takes two run folders or more.")
    if target.exists():
        raise RunError(f"{target} exists already; name a new folder for the merged run.")
    manifests = [RunFolder.at(source).manifest for source in sources]
    stages = _joined_stages(sources, manifests)
    _refuse_overlap(sources)
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    for number, source in enumerate(sources):
        with RunFolder.open(source, say) as run:  # seals what an attempt that died left in its journals
            for table in (run.prompts, run.samples, run.verdicts):
                (partial / table.folder.name).mkdir(parents=True, exist_ok=True)
                for shard in table.shards():
                    shutil.copy2(shard, partial / table.folder.name / f"{number:04}-{shard.name}")
    write_manifest(partial, Manifest(stages=stages))
    partial.rename(target)
    return RunFolder.at(target)


def _joined_stages(sources: Sequence[Path], manifests: Sequence[Manifest]) -> dict[str, StageEntry]:
    stages: dict[str, StageEntry] = {}
    for name in MERGED:
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
        if entry is None or _without_slice(entry.settings) != _without_slice(present[0].settings):
            raise RunError(f"{source} has another `{name}` than {sources[0]}; only runs made alike can be merged.")
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
            "settings": _without_slice(present[0].settings),
            "counts": counts,
            "seconds": sum(entry.seconds for entry in present),
        }
    )


def _without_slice(settings: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {key: value for key, value in settings.items() if key != "slice"}


def _refuse_overlap(sources: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for source in sources:
        for row in RunFolder.at(source).prompts.rows(["id"]):
            first = seen.setdefault(str(row["id"]), source)
            if first != source:
                raise RunError(
                    f"{source} and {first} both hold the prompt {row['id']!r}; merge slices that are disjoint."
                )
