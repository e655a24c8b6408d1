"""What became of a dataset's rows that were verified again: how many changed their verdict, and which."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from distill.errors import InputError
from distill.rows.json_rows import json_row
from distill.rows.parse import Row
from distill.rows.read import read_rows
from distill.store.manifest import read_manifest, tolerance_of

NUM_NAMED = 3
"""Rows that are named of each change."""


class Change(NamedTuple):
    """What was decided, by which verifier, and what is decided now."""

    verifier: str
    was: str
    now: str


@dataclass
class Recheck:
    """Counts of a file of verdicts."""

    outcomes: Counter[str] = field(default_factory=Counter)
    num_same: int = 0
    """Rows of a dataset that have the verdict which it states."""
    changes: Counter[Change] = field(default_factory=Counter)
    named: dict[Change, list[str]] = field(default_factory=dict)
    """The first rows of each change."""
    unasked: Counter[str] = field(default_factory=Counter)
    """Rows that were not checked, since no judge was asked, by the judge that had decided."""

    def add(self, line: Row) -> None:
        """Count one verdict."""
        self.outcomes[str(line["outcome"])] += 1
        if line.get("was") is None:
            return
        if line.get("changed") is None:
            self.unasked[str(line.get("was_judge") or "")] += 1
        elif line["changed"]:
            change = Change(str(line["was_verifier"]), str(line["was"]), str(line["outcome"]))
            self.changes[change] += 1
            named = self.named.setdefault(change, [])
            if len(named) < NUM_NAMED:
                named.append(_name(line))
        else:
            self.num_same += 1


def read_recheck(verdicts: Path) -> Recheck:
    """Count the verdicts of a file, whichever attempt gave them."""
    found = Recheck()
    for line in _lines(verdicts):
        if isinstance(line, InputError):
            raise line
        found.add(line)
    return found


def sentences(found: Recheck) -> Iterator[str]:
    """What is to be said of a dataset's rows; nothing for rows of none."""
    num_changed = found.changes.total()
    num_checked = found.num_same + num_changed
    if num_changed:
        yield f"{num_changed:,} of {_rows(num_checked)} changed their verdict; their lines say `changed`:"
        for change, number in sorted(found.changes.items()):
            more = ", …" if number > NUM_NAMED else ""
            yield (
                f"  {change.verifier}: {change.was} → {change.now}, {_rows(number)}: "
                f"{', '.join(found.named[change])}{more}"
            )
    elif num_checked:
        yield f"All {_rows(num_checked)} that were checked again have the verdict that the dataset states."
    for judge, number in sorted(found.unasked.items()):
        yield (
            f"Not checked again: {_rows(number)}, of which {judge or 'a judge'} had decided; add --judge "
            f"{judge or 'MODEL'} --judge-endpoint URL."
        )


def other_tolerances(files: Iterable[Path], tolerance: str) -> list[str]:
    """What is to be said where rows changed that a dataset's runs were verified under another tolerance than this one.

    `files` hold its rows, or are the folder of all of them. Raises RunError where a manifest of a run is damaged.
    """
    runs: dict[str, list[str]] = {}
    for folder in dict.fromkeys(part.parent for file in files for part in (file, file.parent) if part.name == "data"):
        for manifest in sorted(folder.glob("provenance/*/manifest.json")):
            runs.setdefault(tolerance_of(read_manifest(manifest.parent)), []).append(manifest.parent.name)
    return [
        f"Rows of {', '.join(names)} had been verified with --tolerance {told}, and were now with --tolerance "
        f"{tolerance}: a change may be that of the rule. Verify again with --tolerance {told}."
        for told, names in sorted(runs.items())
        if told != tolerance
    ]


def _lines(verdicts: Path) -> Iterator[Row | InputError]:
    if verdicts.suffix == ".parquet":
        yield from (located.row for located in read_rows(verdicts))
    else:
        with verdicts.open("rb") as file:
            yield from map(json_row, file)


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"


def _name(line: Row) -> str:
    return str(line["id"]) + ("" if line.get("sample_index") is None else f" (sample {line['sample_index']})")
