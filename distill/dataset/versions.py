"""Two versions by name ─▶ what differs: datasets of ours and of others, and runs. Streamed, some 60 bytes a row."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa

from distill.dataset.candidates import Ints
from distill.dataset.changes import Changes, ColumnChanges
from distill.dataset.comparing import Differences, compare
from distill.dataset.dataset_version import read_dataset, roles_of
from distill.dataset.run_version import is_run, read_run, run_ids
from distill.dataset.version_files import VersionFiles, open_version
from distill.dataset.version_settings import dataset_settings, differing, has_manifests, run_settings
from distill.errors import InputError
from distill.store import RunFolder

EXAMPLE_CHARS = 60
_RUN = (
    "A sample is the same where its prompt and its text are; verdicts are compared by prompt and index. Only prompts "
    "with samples count, and pass rates are those of the samples that no policy ends."
)


def diff(before: str, after: str, name: str | None = None) -> Changes:
    """What differs between two datasets (folders, files, ids of the Hub) or two runs; `name` is the later one's.

    Raises InputError where one is a run and the other a dataset, where a dataset has no rows, and where the two have
    no column in common.
    """
    is_runs = is_run(before), is_run(after)
    if is_runs[0] != is_runs[1]:
        run, other = (before, after) if is_runs[0] else (after, before)
        raise InputError(f"{run} is a run and {other} is none; compare two runs, or {run}/dataset with {other}.")
    labels = (_name(before), name or _name(after))
    return _of_runs(Path(before), Path(after), labels) if all(is_runs) else _of_datasets(before, after, labels)


def _of_runs(before: Path, after: Path, labels: tuple[str, str]) -> Changes:
    runs = [RunFolder.at(path) for path in (before, after)]
    found = compare(*map(read_run, runs))
    settings = differing(*(run_settings(run.manifest) for run in runs))
    ids = [run_ids(run) for run in runs]
    return _changes(found, "run", labels, _RUN).model_copy(
        update={"settings": settings, "examples": _named(found, ids[0], ids[1])}
    )


def _of_datasets(before: str, after: str, labels: tuple[str, str]) -> Changes:
    versions = [open_version(name) for name in (before, after)]
    roles = roles_of(versions[0].columns, versions[1].columns)
    if not roles.text and roles.prompt is None:
        old, new = (", ".join(version.columns) for version in versions)
        raise InputError(
            f"{before} and {after} have no column in common ({old}; {new}), so no row of both is the same."
        )
    found = compare(*(read_dataset(version, roles) for version in versions))
    shown = roles.id or roles.prompt
    folders = [version.folder for version in versions]
    have_manifests = all(map(has_manifests, folders))
    ids = [_column(version, shown) for version in versions] if shown else [iter(()), iter(())]
    news = {
        "columns": _columns(*(version.columns for version in versions)),
        "settings": differing(*(dataset_settings(folder, from_manifests=have_manifests) for folder in folders)),
        "examples": _named(found, ids[0], ids[1]) if shown else {},
    }
    return _changes(found, "dataset", labels, roles.said()).model_copy(update=news)


def _changes(found: Differences, kind: Literal["dataset", "run"], labels: tuple[str, str], joined_by: str) -> Changes:
    return Changes(
        kind=kind,
        before=labels[0],
        after=labels[1],
        joined_by=joined_by,
        total=found.total,
        domains=found.domains,
        sources=found.sources,
        prompts=found.prompts,
        verdicts=found.verdicts,
        columns=ColumnChanges(added=(), gone=(), retyped=()),
        settings=(),
    )


def _columns(before: Mapping[str, pa.DataType], after: Mapping[str, pa.DataType]) -> ColumnChanges:
    types = [(name, str(before[name]), str(after[name])) for name in before if name in after]
    return ColumnChanges(
        added=tuple(name for name in after if name not in before),
        gone=tuple(name for name in before if name not in after),
        retyped=tuple((name, old, new) for name, old, new in types if old != new),
    )


def _column(version: VersionFiles, name: str) -> Iterator[pa.Array]:
    return (batch.column(0) for batch in version.batches([name]))


def _named(found: Differences, before: Iterator[pa.Array], after: Iterator[pa.Array]) -> dict[str, tuple[str, ...]]:
    """The examples by the ids of their prompts, which are read once more for it."""
    old = _taken(before, [rows for rows, _ in found.examples.values()])
    new = _taken(after, [rows for _, rows in found.examples.values()])
    return {
        what: tuple(old[row] for row in rows[0].tolist()) + tuple(new[row] for row in rows[1].tolist())
        for what, rows in found.examples.items()
    }


def _taken(values: Iterator[pa.Array], wanted: list[Ints]) -> dict[int, str]:
    """Values of a column by their rows, as text."""
    rows = np.unique(np.concatenate([np.zeros(0, np.int64), *wanted]))
    found: dict[int, str] = {}
    first = 0
    for chunk in values if len(rows) else ():
        inside = rows[(rows >= first) & (rows < first + len(chunk))]
        found |= {int(row): _said(chunk[int(row) - first].as_py()) for row in inside}
        first += len(chunk)
    return found


def _said(value: object) -> str:
    """An id as it is; of a conversation the last message but one, which its last one answers."""
    match value:
        case [*_, {"content": str(text)}, _] | [*_, {"value": str(text)}, _]:
            return _short(text)
        case [*_, {"content": str(text)}] | [*_, {"value": str(text)}]:
            return _short(text)
    return _short(str(value))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= EXAMPLE_CHARS else f"{line[: EXAMPLE_CHARS - 1]}…"


def _name(version: str) -> str:
    """A folder's own name; that of its run where it is one's `dataset`, and of its dataset where it is one's `data`."""
    path = Path(version)
    if not path.exists():
        return version
    whole = path.resolve()
    if whole.name == "data":
        whole = whole.parent
    is_of_run = whole.name == "dataset" and is_run(str(whole.parent))
    return whole.parent.name if is_of_run else whole.name
