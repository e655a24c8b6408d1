"""Copies an attempt's folder to a storage that is no path, again and again while the attempt goes on."""

import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from distill.cluster.storage import Storage
from distill.errors import RunError
from distill.progress import say

MIRROR_INTERVAL_S = 30.0
"""A node that dies with its disk loses the rows of at most this time. A journal is sent whole each time, 128 MiB."""
TABLES = ("verdicts", "samples")
"""In this order: every verdict of a copy then has its sample in the same copy."""


class Mirror:
    """Copies `folder` again and again while the block runs; does nothing where the folder lies in the storage itself.

    A copy that fails is reported, and the next one brings what it lacks: the attempt goes on with its own disk.
    """

    def __init__(self, storage: Storage, folder: Path, name: str) -> None:
        self._storage = storage
        self._folder = folder
        self._name = name
        self._sent: dict[str, int] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"mirror {name}", daemon=True)

    def __enter__(self) -> Self:
        if self._storage.local is None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        if self._storage.local is None:
            self._thread.join()
            if error is not None:
                self._copy_or_say()

    def copy(self) -> None:
        """Send what is new since the last time."""
        for table in TABLES:
            for file in sorted((self._folder / table).glob("*.*")):
                name = f"{table}/{file.name}"
                if file.suffix in (".journal", ".parquet") and file.exists():
                    size = file.stat().st_size
                    if self._sent.get(name) != size:
                        self._storage.put(file, f"{self._name}/{name}")
                        self._sent[name] = size

    def _work(self) -> None:
        while not self._over.wait(MIRROR_INTERVAL_S):
            self._copy_or_say()

    def _copy_or_say(self) -> None:
        try:
            self.copy()
        except RunError as error:
            say(f"{error} Meanwhile the rows are on this node's disk only.")
        except FileNotFoundError:
            say(f"A segment of {self._name} was sealed while it was copied; the next copy has it.")
