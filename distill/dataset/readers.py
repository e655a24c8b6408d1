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
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from distill import __version__
from distill.cluster.ray_cluster import awaiting, connect, refuse_other_version, room, task
from distill.cluster.storage import Storage
from distill.dataset.candidates import Ints
from distill.errors import RunError
from distill.store.row_groups import Texts, Unit

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


def on_ray(address: str, store: str | None) -> Ask:
    """Every core of a cluster reads ahead. `store` gets copies of the samples where nodes do not see their files."""

    def ask(question: Question, _: Texts, parts: Sequence[Part]) -> Iterator[Ints]:
        ray = connect(address)
        answer, places = task(ray, _answer), _places({unit.shard for unit, _ in parts}, store)
        asked = (
            (unit, answer.remote(__version__, question, *places[unit.shard], unit.group, found - unit.first))
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
        rows = file.read_row_group(group, columns=list(TEXT_COLUMNS))
    return question(rows.take(pa.array(places)))


def _open(url: str, name: str) -> BinaryIO:
    try:
        return Storage(url).open(name)
    except FileNotFoundError:
        raise RunError(
            f"The node {socket.gethostname()} does not see {url}/{name}. Keep runs on a file system that all nodes "
            "share, or name a place for copies that all of them reach, with --store."
        ) from None


def _places(shards: set[Path], store: str | None) -> dict[Path, tuple[str, str]]:
    """Where nodes find shards: where they are, or as copies in a store."""
    urls: dict[Path, str] = {}
    for folder in {shard.parent for shard in shards}:
        its = sorted(shard for shard in shards if shard.parent == folder)
        urls[folder] = str(folder.absolute()) if store is None else _copied(its, folder, Storage(store))
    return {shard: (urls[shard.parent], shard.name) for shard in shards}


def _copied(shards: list[Path], folder: Path, storage: Storage) -> str:
    """Put what a storage lacks of a folder's shards; returns the URL of the copies."""
    name = f"select/{hashlib.sha256(bytes(folder.absolute())).hexdigest()[:16]}"
    storage.put_missing(shards, name)
    return f"{storage.url}/{name}"
