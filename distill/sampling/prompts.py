"""A file of prompts, or a share of it, as the prompts of a run."""

import zlib
from pathlib import Path

from pydantic import JsonValue

from distill import progress
from distill.errors import RunError
from distill.references import Record
from distill.rows import columns as schemas
from distill.rows.read import file_digest, read_prompts
from distill.store import RunFolder


class Slice(Record):
    """A stable share of the prompts: the third of sixteen is `3/16`. Slices of one file are disjoint."""

    number: int
    total: int

    @classmethod
    def parse(cls, text: str) -> "Slice":
        """Read `3/16`."""
        number, _, total = text.partition("/")
        if not (number.isdecimal() and total.isdecimal() and 1 <= int(number) <= int(total)):
            raise RunError(f"A slice reads 3/16, the third of sixteen, but {text!r} was given.")
        return cls(number=int(number), total=int(total))

    def __contains__(self, prompt_id: str) -> bool:
        return zlib.crc32(prompt_id.encode()) % self.total == self.number - 1


def import_prompts(run: RunFolder, file: Path, share: Slice | None = None) -> None:
    """Put the prompts of `file`, or a share of them, into the run, once.

    Raises InputError for the first row that is no prompt, RunError where the run holds other prompts.
    """
    settings: dict[str, JsonValue] = {"sha256": file_digest(file)}
    if share is not None:
        settings["slice"] = f"{share.number}/{share.total}"
    if run.begin("prompts", settings).is_done:
        return
    num_prompts = sum(1 for _ in read_prompts(file))  # all are checked before the first is stored
    known = run.prompts.keys()
    with progress.stage("prompts", num_prompts) as tally:
        for prompt in read_prompts(file):
            if (share is None or prompt.id in share) and (prompt.id, 0) not in known:
                run.prompts.append(schemas.prompt_row(prompt))
            tally.add(prompt.domain)
        run.prompts.close()
        run.finish("prompts", {"prompts": run.prompts.count()}, tally.seconds)
