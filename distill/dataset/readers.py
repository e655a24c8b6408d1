"""A number for each of many samples, found in their texts by this process or by a Ray cluster.

A student's tokenizer and the filters look at whole texts, which takes a core hours for millions of samples. The
cluster gets the places of row groups and gives the numbers back in the order of the question, so that both give the
same dataset. What goes into the dataset is read by this process.
"""

import hashlib
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

import pyarrow as pa

from distill.cluster.fan_out import OnRay, fan_out
from distill.cluster.storage import Storage
from distill.dataset.candidates import Ints
from distill.errors import RunError
from distill.store.row_groups import Texts, Unit
from distill.store.shard import Shard

Part = tuple[Unit, Ints]
"""Samples of one row group."""
TEXT_COLUMNS = ("reasoning", "answer")
"""What is read of a sample."""
Question = Callable[[pa.Table], Ints]
"""Gives a number for every row; it travels to the cluster."""
Ask = Callable[[Question, Texts, Sequence[Part]], Iterator[Ints]]
"""The answers to a question about parts, part by part; `texts` reads them in this process."""


def here(question: Question, texts: Texts, parts: Sequence[Part]) -> Iterator[Ints]:
    """This process reads, a part when its turn comes."""
    for unit, found in parts:
        yield question(texts.rows(unit, found))


class StoredRows(NamedTuple):
    """Samples of one row group, where every node finds them."""

    folder: str
    """A URL."""
    file: str
    group: int
    places: Ints
    """Within the row group."""


class Reading(NamedTuple):
    """A question about the texts of samples; it travels to the nodes and is answered there."""

    question: Question

    def set_up(self) -> Self:
        """Nothing to prepare."""
        return self

    def describe(self, rows: StoredRows) -> str:
        """The samples of a chunk, for messages."""
        return f"samples in {rows.folder}/{rows.file}"

    def __call__(self, rows: StoredRows) -> Ints:
        """The numbers of these samples."""
        with _open(rows.folder, rows.file) as stream, Shard(Path(rows.file), stream) as file:
            table = file.group(rows.group, TEXT_COLUMNS)
        return self.question(table.take(pa.array(rows.places)))

    def close(self) -> None:
        """Nothing to release."""


def on_ray(address: str, store: str | None) -> Ask:
    """Every core of a cluster reads ahead. `store` gets copies of the samples where nodes do not see their files."""

    def ask(question: Question, _: Texts, parts: Sequence[Part]) -> Iterator[Ints]:
        return fan_out(_stored(parts, store), Reading(question), OnRay(address))

    return ask


def _stored(parts: Sequence[Part], store: str | None) -> Iterator[StoredRows]:
    folders = _folders({unit.shard for unit, _ in parts}, store)
    for unit, found in parts:
        yield StoredRows(folders[unit.shard.parent], unit.shard.name, unit.group, found - unit.first)


def _open(url: str, name: str) -> BinaryIO:
    try:
        return Storage(url).open(name)
    except FileNotFoundError:
        raise RunError(
            f"The node {socket.gethostname()} does not see {url}/{name}. Keep runs on a file system that all nodes "
            "share, or name a place for copies that all of them reach, with --store."
        ) from None


def _folders(shards: set[Path], store: str | None) -> dict[Path, str]:
    """Where nodes find the folders of shards: where they are, or as copies in a store."""
    urls: dict[Path, str] = {}
    for folder in {shard.parent for shard in shards}:
        its = sorted(shard for shard in shards if shard.parent == folder)
        urls[folder] = str(folder.absolute()) if store is None else _copied(its, folder, Storage(store))
    return urls


def _copied(shards: list[Path], folder: Path, storage: Storage) -> str:
    """Put what a storage lacks of a folder's shards; returns the URL of the copies."""
    name = f"select/{hashlib.sha256(bytes(folder.absolute())).hexdigest()[:16]}"
    storage.put_missing(shards, name)
    return f"{storage.url}/{name}"
