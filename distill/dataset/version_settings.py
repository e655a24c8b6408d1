"""The settings behind a version, as flat names and texts, and where two of them differ."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from distill.dataset.changes import SettingChange
from distill.errors import InputError
from distill.store.manifest import Manifest, read_manifest

_SAID = ("settings", "runs", "distill_version")
"""What `selection.json` holds of settings; the rest of it was counted."""
_COUNTED = frozenset({"decisions", "cost"})
"""What it has counted of a run."""


def run_settings(manifest: Manifest) -> dict[str, str]:
    """The settings of a run's stages: `generate.sampling.temperature` ─▶ `0.6`."""
    return {name: text for stage, entry in manifest.stages.items() for name, text in _flat(stage, entry.settings)}


def dataset_settings(folder: Path | None) -> dict[str, str]:
    """What a dataset folder says of how it was made; nothing where it says nothing, as one of others.

    Raises InputError where its `selection.json` cannot be read.
    """
    if folder is None or not (folder / "selection.json").is_file():
        return {}
    try:
        said = json.loads((folder / "selection.json").read_bytes())
        found = {key: said[key] for key in _SAID if key in said}
        runs = {run["name"]: {key: run[key] for key in run if key not in {"name", *_COUNTED}} for run in found["runs"]}
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"{folder / 'selection.json'} is damaged ({error}); fetch or select the dataset anew."
        ) from None
    settings = dict(_flat("select", found.get("settings", {}))) | dict(_flat("run", runs))
    for manifest in sorted(folder.glob("provenance/*/manifest.json")):
        name = manifest.parent.name
        settings |= {f"run.{name}.{key}": text for key, text in run_settings(read_manifest(manifest.parent)).items()}
    return settings | dict(_flat("distill_version", found.get("distill_version")))


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[SettingChange, ...]:
    """The settings that differ; none where one of the versions says nothing of its own."""
    if not before or not after:
        return ()
    return tuple(
        SettingChange(name=name, before=before.get(name, ""), after=after.get(name, ""))
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    )


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    """The leaves of a tree; lists are leaves."""
    if isinstance(value, Mapping):
        for key, inside in value.items():
            yield from _flat(f"{name}.{key}", inside)
    elif value is not None:
        yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
