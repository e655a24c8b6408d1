"""What a run has with a provider: a note for each batch in `RUN/batches`, written before and after every step.

`NAME.json` is the note and `NAME.jsonl` the requests as they are handed over. Both are there whole or not at all, so
that an attempt which ends between two steps leaves behind what the next one has to ask.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from distill.errors import RunError
from distill.files import write_whole
from distill.records import Sampling
from distill.references import Record

FOLDER = "batches"
Step = Literal["written", "uploaded", "submitting", "submitted", "gathered", "failed", "gone"]
"""What is known to have been done. `submitting`: nobody knows whether the provider has taken it; `gone`: given up."""
UNDER_WAY = frozenset({"submitting", "submitted"})


class BatchLine(Record):
    """What one line of a batch draws."""

    prompt_id: str
    index: int
    max_tokens: int | None = None
    """The policy's limit, where it is below that of the run."""
    sampling: Sampling | None = None
    """How it is drawn, where the endpoint does not take what the run asks for."""

    @property
    def key(self) -> tuple[str, int]:
        """As in the run's tables."""
        return self.prompt_id, self.index


class BatchNote(Record):
    """One batch, and how far we are with it."""

    name: str
    """Also what the batch is called in its `metadata`, and how its `custom_id`s begin."""
    url: str
    """The base URL of the provider."""
    asked_with: str
    """The digest of what shapes an answer: a run that was begun anew with other settings is not to gather it."""
    step: Step
    lines: tuple[BatchLine, ...] = ()
    """In the order of the file; none once all is gathered."""
    file_id: str | None = None
    batch_id: str | None = None
    again: tuple[BatchLine, ...] = ()
    """What it did not answer although it was tried, so that no request is tried for ever."""


class BatchNotes:
    """The notes of a run. Writing needs the run's lock."""

    def __init__(self, run: Path) -> None:
        self.folder = run / FOLDER

    def read(self) -> list[BatchNote]:
        """All of them, oldest first. Raises RunError for one that is damaged: it may stand for a batch that is paid."""
        return [self._note(path) for path in sorted(self.folder.glob("*.json"))]

    def under_way(self) -> list[BatchNote]:
        """Those of which the provider may still have answers for us."""
        return [note for note in self.read() if note.step in UNDER_WAY]

    def write(self, note: BatchNote) -> BatchNote:
        """Note a step; on the disk when this returns."""
        self.folder.mkdir(exist_ok=True)
        write_whole(self.folder / f"{note.name}.json", note.model_dump_json(exclude_defaults=True) + "\n")
        return note

    def requests(self, note: BatchNote) -> Path:
        """The file that is handed over."""
        return self.folder / f"{note.name}.jsonl"

    def results(self, note: BatchNote) -> tuple[Path, Path]:
        """Where answers and errors are put while they are gathered."""
        return self.folder / f"{note.name}.output", self.folder / f"{note.name}.errors"

    def close(self, note: BatchNote, step: str, again: Iterable[BatchLine] = ()) -> None:
        """Nothing more is waited for."""
        self.write(note.model_copy(update={"step": step, "lines": (), "again": tuple(again)}))
        self.drop_files(note)

    def drop_files(self, note: BatchNote) -> None:
        """Remove all but the note."""
        for path in (self.requests(note), *self.results(note)):
            path.unlink(missing_ok=True)

    def forget_unsent(self) -> None:
        """Remove what an attempt left that ended before it submitted it: it is asked for anew."""
        for note in self.read():
            if note.step in ("written", "uploaded"):
                self.drop_files(note)
                (self.folder / f"{note.name}.json").unlink()
        kept = {note.name for note in self.under_way()}
        for path in self._leftovers():
            if path.name.split(".")[0] not in kept or path.suffix == ".tmp":
                path.unlink()

    def _leftovers(self) -> Iterator[Path]:
        for pattern in ("*.jsonl", "*.output", "*.errors", "*.tmp"):
            yield from self.folder.glob(pattern)

    def _note(self, path: Path) -> BatchNote:
        try:
            return BatchNote.model_validate_json(path.read_bytes())
        except ValidationError:
            raise RunError(
                f"{path} cannot be read, so nobody can tell which batch it stands for. Look it up at the provider, and "
                "remove the file to have its requests asked anew."
            ) from None
