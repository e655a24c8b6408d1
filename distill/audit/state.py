"""The folder in which an audit keeps what is done, so that a killed one goes on where it was."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
from pydantic import JsonValue, ValidationError

from distill.audit.columns import Array
from distill.audit.partial import Partial
from distill.errors import RunError
from distill.files import replacing, write_whole

Settings = dict[str, JsonValue]
FOLDER, SETTINGS = ".work", "settings.json"


class ChunkDone(NamedTuple):
    """What is on the disk of one chunk."""

    part: Partial
    rows: dict[str, Array]
    traces: dict[str, Array]


class WorkFolder:
    """`OUT/.work`: a chunk is done when its counts are there, which are put in place after its columns."""

    def __init__(self, out: Path) -> None:
        self.path = out / FOLDER

    def begin(self, settings: Settings) -> dict[int, int]:
        """Begin, or go on under the same settings; returns the number of rows of each chunk that is done.

        Raises RunError where another audit was begun here, with what differs.
        """
        file = self.path / SETTINGS
        if file.exists():
            _refuse_other(json.loads(file.read_bytes()), settings, self.path)
        else:
            self.path.mkdir(parents=True, exist_ok=True)
            write_whole(file, json.dumps(settings, indent=2, ensure_ascii=False))
        return dict(self._done())

    def put(self, number: int, part: Partial, rows: Mapping[str, Array], traces: Mapping[str, Array]) -> None:
        """Put a chunk in place. Done twice, it is the same."""
        columns = {f"rows.{name}": column for name, column in rows.items()}
        columns |= {f"traces.{name}": column for name, column in traces.items()}
        with replacing(self.path / f"{number:08}.npz", durable=False) as partial, partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **columns)
        write_whole(self.path / f"{number:08}.json", part.model_dump_json(), durable=False)

    def chunks(self) -> Iterator[ChunkDone]:
        """All that is done, in the order of the rows."""
        for file in sorted(self.path.glob("*[0-9].json")):
            with np.load(file.with_suffix(".npz"), allow_pickle=False) as found:
                columns = {
                    kind: {name.partition(".")[2]: found[name] for name in found.files if name.startswith(f"{kind}.")}
                    for kind in ("rows", "traces")
                }
            yield ChunkDone(Partial.model_validate_json(file.read_bytes()), columns["rows"], columns["traces"])

    def remove(self) -> None:
        """All is done."""
        shutil.rmtree(self.path)

    def _done(self) -> Iterator[tuple[int, int]]:
        """A file that a crash of the machine left without its content is no chunk."""
        for file in self.path.glob("*[0-9].json"):
            try:
                part = Partial.model_validate_json(file.read_bytes())
                with np.load(file.with_suffix(".npz"), allow_pickle=False) as columns:
                    is_whole = bool(columns.files)
            except (ValidationError, OSError, ValueError, EOFError, BadZipFile):
                is_whole = False
            if is_whole:
                yield int(file.stem), part.num_rows
            else:
                file.unlink()


def _refuse_other(known: Settings, settings: Settings, folder: Path) -> None:
    changed = [name for name in sorted(known.keys() | settings.keys()) if known.get(name) != settings.get(name)]
    if not changed:
        return
    said = "; ".join(f"{name}: {_short(known.get(name))} → {_short(settings.get(name))}" for name in changed)
    raise RunError(
        f"{folder.parent} holds an audit that was begun under other settings ({said}). Run the first command again to "
        f"end it, name another --out, or remove {folder} to begin anew."
    )


def _short(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}…"
