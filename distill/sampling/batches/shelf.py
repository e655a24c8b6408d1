"""Takes one batch from its requests to its results: written, handed over, found again, fetched."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

from distill.errors import RunError, TeacherError
from distill.files import replacing
from distill.sampling.batches.lines import NumberedResult, read_result, request_line
from distill.sampling.batches.notes import BatchLine, BatchNote, BatchNotes
from distill.teacher.batches.answers import BatchReply
from distill.teacher.batches.api import BatchApi, BatchesRefused, BatchRefused, Unlisted

MOST_LINES = 50_000
MOST_BYTES = 100 * 10**6
"""Of a batch: the smallest limits that providers name (OpenAI takes 200 MB, Together and DashScope once took 100)."""


class WantedLine(NamedTuple):
    """A line and the body of its request."""

    line: BatchLine
    body: dict[str, object]


class BatchShelf:
    """The batches of a run with one provider. `asked_with` is the digest of what shapes an answer."""

    def __init__(self, notes: BatchNotes, api: BatchApi, url: str, asked_with: str) -> None:
        self._notes = notes
        self._api = api
        self._url = url
        self._asked_with = asked_with

    async def take_up(self) -> list[BatchNote]:
        """What earlier attempts have submitted, and what they may have. The rest of what they left is removed."""
        self._notes.forget_unsent()
        taken_up = []
        for note in self._notes.under_way():
            self._refuse_other(note)
            found = note if note.step == "submitted" else await self._found(note)
            if found is not None:
                taken_up.append(found)
        return taken_up

    async def submit(self, wanted: Iterator[WantedLine], most_lines: int) -> BatchNote | None:
        """Have as many requests answered as fit into one batch; None where there are none."""
        note = self._write(wanted, min(most_lines, MOST_LINES))
        if note is None:
            return None
        file_id = await self._api.upload(self._notes.requests(note))
        note = self._notes.write(note.model_copy(update={"step": "uploaded", "file_id": file_id}))
        note = self._notes.write(note.model_copy(update={"step": "submitting"}))
        try:
            reply = await self._api.submit(file_id, note.name)
        except BatchesRefused:
            self._notes.write(note.model_copy(update={"step": "uploaded"}))
            raise
        except Unlisted as unknown:
            raise self._unknown(note, unknown) from None
        return self._note_submitted(note, reply)

    async def look(self, note: BatchNote) -> BatchReply:
        """How it stands."""
        assert note.batch_id is not None
        try:
            return await self._api.look(note.batch_id)
        except BatchRefused as refusal:
            raise TeacherError(
                f"{self._url} does not tell how the batch {note.batch_id} stands ({refusal}). Is it the same account? "
                f"Remove {self._notes.folder / note.name}.json to give the batch up and ask its requests anew."
            ) from None

    def requests(self, note: BatchNote) -> Path:
        """What it was asked."""
        return self._notes.requests(note)

    async def cancel(self, note: BatchNote) -> None:
        """Have no more of it answered: nothing of it is wanted."""
        assert note.batch_id is not None
        try:
            await self._api.cancel(note.batch_id)
        except BatchRefused:
            return  # it may just have ended
        finally:
            self.close(note, "gone")

    async def fetch(self, note: BatchNote, reply: BatchReply) -> Sequence[Path]:
        """Bring its results here: the answers first, so that they stand where a request is in both files."""
        found = zip((reply.output_file_id, reply.error_file_id), self._notes.results(note), strict=True)
        places = [(file_id, path) for file_id, path in found if file_id is not None]
        for file_id, path in places:
            try:
                await self._api.download(file_id, path)
            except BatchRefused as refusal:
                raise TeacherError(
                    f"{self._url} does not hand over the results of the batch {note.batch_id} ({refusal}). Remove "
                    f"{self._notes.folder / note.name}.json to give them up and ask its requests anew."
                ) from None
        return [path for _, path in places]

    def close(self, note: BatchNote, step: str, again: Iterable[BatchLine] = ()) -> None:
        """All that we want of it is stored."""
        self._notes.close(note, step, again)

    def tried(self) -> list[BatchLine]:
        """Every request that a batch of these settings tried in vain, once for each."""
        return [line for note in self._notes.read() if note.asked_with == self._asked_with for line in note.again]

    async def _found(self, note: BatchNote) -> BatchNote | None:
        """The batch of which nobody noted whether it was submitted; None where it was not."""
        assert note.file_id is not None
        try:
            reply = await self._api.find(note.file_id, note.name)
        except Unlisted as unknown:
            raise self._unknown(note, unknown) from None
        if reply is None:
            self._notes.write(note.model_copy(update={"step": "uploaded"}))
            self._notes.forget_unsent()
            return None
        return self._note_submitted(note, reply)

    def _note_submitted(self, note: BatchNote, reply: BatchReply) -> BatchNote:
        return self._notes.write(note.model_copy(update={"step": "submitted", "batch_id": reply.id}))

    def _write(self, wanted: Iterator[WantedLine], most_lines: int) -> BatchNote | None:
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{token_hex(4)}"
        note = BatchNote(name=name, url=self._url, asked_with=self._asked_with, step="written")
        lines: list[BatchLine] = []
        self._notes.folder.mkdir(exist_ok=True)
        with replacing(self._notes.requests(note)) as partial, partial.open("wb") as file:
            for each in wanted:
                num_bytes = file.write(request_line(name, len(lines), each.body))
                lines.append(each.line)
                # The next is taken to be as long as the longest text that a prompt is likely to have.
                if len(lines) >= most_lines or file.tell() + max(num_bytes, 10**6) > MOST_BYTES:
                    break
        if not lines:
            self._notes.drop_files(note)
            return None
        return self._notes.write(note.model_copy(update={"lines": tuple(lines)}))

    def _refuse_other(self, note: BatchNote) -> None:
        """Raise RunError for a batch that this command cannot gather."""
        place = self._notes.folder / f"{note.name}.json"
        if note.url != self._url:
            raise RunError(
                f"A batch of {len(note.lines):,} requests is under way at {note.url}. Name that endpoint to gather it, "
                f"or remove {place} to give it up."
            )
        if note.asked_with != self._asked_with:
            raise RunError(
                f"A batch of {len(note.lines):,} requests is under way that was asked with other settings. Take those "
                f"back to gather it, or remove {place} to give it up."
            )

    def _unknown(self, note: BatchNote, unknown: Unlisted) -> RunError:
        return RunError(
            f"Nobody can tell whether a batch of {len(note.lines):,} requests was taken: an attempt ended while it was "
            f"submitted, and {self._url} does not list its batches ({unknown}). Look there for one of the file "
            f'{note.file_id}. If there is one, write "step":"submitted","batch_id":"ITS ID" into '
            f"{self._notes.folder / note.name}.json; if not, remove that file. Then run the same command again."
        )


def results(path: Path, note: BatchNote) -> Iterator[NumberedResult]:
    """What a fetched file says of the requests of a batch."""
    with path.open("rb") as file:
        for line in file:
            found = read_result(line, note.name)
            if found is not None and found.number < len(note.lines):
                yield found
