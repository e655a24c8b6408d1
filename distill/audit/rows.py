"""Datasets by name ─▶ their traces, streamed; what cannot be read is set aside with its place and its reason.

a folder, a file or a pattern, of any packing (`distill.rows.files`) · org/name[:CONFIG][@SPLIT][#REVISION] of the Hub
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from distill.audit.reading import traces_of
from distill.audit.roles import Roles, find_roles
from distill.audit.trace_row import TraceRow, UnreadRow
from distill.errors import InputError
from distill.rows.files import FORMATS_SAID, DataFile, data_files, names_rows
from distill.rows.hub import hub_files, is_hub_id
from distill.rows.read import read_part

NUM_FIRST_ROWS = 300
"""From which the roles of columns are found."""


class TraceSource(NamedTuple):
    """A dataset whose columns are known."""

    name: str
    files: tuple[DataFile, ...]
    roles: Roles


def open_sources(names: Sequence[str], mapping: Mapping[str, str]) -> tuple[TraceSource, ...]:
    """Find the files of datasets, of the Hub where there are none here, and the roles of their columns.

    `mapping` is what `--map ROLE=COLUMN` says of the columns of all of them. Raises InputError or HubError where a
    dataset cannot be found or read, and where no column of it can be a trace.
    """
    return tuple(_open(name, mapping) for name in names)


def read_chunk(file: DataFile, roles: Roles, first: int = 0, last: int | None = None) -> Iterator[TraceRow | UnreadRow]:
    """Stream the traces of the rows [first, last) of a file, counted from 0; see `distill.rows.read.read_part`."""
    for row, where in read_part(file, first, last):
        if isinstance(row, InputError):
            yield UnreadRow(where, str(row))
        else:
            yield from traces_of(row, where, roles)


def _open(name: str, mapping: Mapping[str, str]) -> TraceSource:
    files = _files(name)
    located = islice(chain.from_iterable(map(read_part, files)), NUM_FIRST_ROWS)
    rows = [row for row, _ in located if not isinstance(row, InputError)]
    if not rows:
        raise InputError(f"{name} holds no rows that can be read; an audit needs one at least. Check the files.")
    return TraceSource(name, files, find_roles(rows, mapping, name))


def _files(name: str) -> tuple[DataFile, ...]:
    path = Path(name)
    if path.is_dir():
        return tuple(_in_folder(path))
    if names_rows(name) or path.exists():
        return tuple(data_files(path))
    if is_hub_id(name):
        return tuple(file for path in hub_files(name) for file in data_files(path))
    raise InputError(
        f"There is no dataset {name!r}; give a file or a folder of files ({FORMATS_SAID}), or a dataset of the Hub as "
        "org/name."
    )


def _in_folder(path: Path) -> list[DataFile]:
    """The files of a folder; of a dataset with a card those in `data/`, where what is beside them tells about them."""
    if (path / "manifest.json").is_file() and (path / "samples").is_dir():
        raise InputError(
            f"{path} is a run, whose samples are no dataset yet; make one of it with: distill select {path} --out DIR"
        )
    is_dataset = (path / "README.md").is_file() and (path / "data").is_dir()
    return data_files(path / "data" if is_dataset else path)
