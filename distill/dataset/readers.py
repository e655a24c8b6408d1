"""Who reads the texts of many samples and answers with a number each: this process, or a Ray cluster.

A student's tokenizer and the filters look at whole texts, which takes a core hours for millions of samples. To the
cluster go the places of row groups, and from it come the numbers, in the order of the question, so that both give the
same dataset. What is written is read by this process anyway.
"""

import hashlib
import socket
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from distill import __version__
from distill.errors import RunError
from distill.ray_cluster import awaiting, connect, refuse_other_version, room, task
from distill.selection import Ints
from distill.storage import Storage
from distill.store.columns import Unit
from distill.store.texts import Texts

Part = tuple[Unit, Ints]
"""Samples of one row group."""


class Question(Protocol):
    """What is asked of texts; it travels to the cluster."""

    @property
    def columns(self) -> tuple[str, ...]:
        """What of the rows it looks at."""
        ...

    def __call__(self, rows: pa.Table) -> Ints:
        """A number for every row."""
        ...


Ask = Callable[[Question, Texts, Sequence[Part]], Iterator[Ints]]
"""The answers to a question about parts, part by part; `texts` reads them in this process."""


def here(question: Question, texts: Texts, parts: Sequence[Part]) -> Iterator[Ints]:
    """This process reads, a part when its turn comes."""
    for unit, found in parts:
        yield question(texts.group(unit).take(pa.array(found - unit.first)))


def on_ray(address: str, store: str | None) -> Ask:
    """Every core of a cluster reads ahead. `store` gets copies of the samples where nodes do not see their files."""
    place = _there if store is None else _Copies(store).place

    def ask(question: Question, _: Texts, parts: Sequence[Part]) -> Iterator[Ints]:
        ray = connect(address)
        answer = task(ray, _answer)
        asked = (
            (unit, answer.remote(__version__, question, *place(unit), unit.group, found - unit.first))
            for unit, found in parts
        )
        waiting = deque(islice(asked, 2 * room(ray)))
        while waiting:
            unit, numbers = waiting.popleft()
            with awaiting(ray, f"samples in {unit.shard}"):
                found: Ints = ray.get(numbers)
            waiting += islice(asked, 1)
            yield found

    return ask


def _answer(version: str, question: Question, url: str, name: str, group: int, places: Ints) -> Ints:
    """What runs on the cluster."""
    refuse_other_version(version)
    with _open(url, name) as stream, pq.ParquetFile(stream) as file:
        rows = file.read_row_group(group, columns=list(question.columns))
    return question(rows.take(pa.array(places)))


def _open(url: str, name: str) -> BinaryIO:
    try:
        return Storage(url).open(name)
    except FileNotFoundError:
        raise RunError(
            f"The node {socket.gethostname()} does not see {url}/{name}. Keep runs on a file system that all nodes "
            "share, or name a place for copies that all of them reach, with --store."
        ) from None


def _there(unit: Unit) -> tuple[str, str]:
    return str(unit.shard.parent.absolute()), unit.shard.name


class _Copies:
    """Copies of shards in a storage, each made when it is first asked for and not there from an earlier time."""

    def __init__(self, store: str) -> None:
        self._storage = Storage(store)
        self._made: set[Path] = set()

    def place(self, unit: Unit) -> tuple[str, str]:
        """Where a node finds the shard of a unit."""
        folder = unit.shard.parent.absolute()
        name = f"select/{hashlib.sha256(bytes(folder)).hexdigest()[:16]}"
        if unit.shard not in self._made:
            self._storage.put_missing([unit.shard], name)
            self._made.add(unit.shard)
        return f"{self._storage.url}/{name}", unit.shard.name
