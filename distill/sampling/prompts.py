"""A file of prompts, or a share of it, as the prompts of a run."""

import zlib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from pydantic import JsonValue

from distill import progress
from distill.errors import RunError
from distill.files import json_bytes
from distill.progress import say
from distill.records import Prompt
from distill.references import Record
from distill.rows import columns as schemas
from distill.rows.prompt_origin import noted_origin
from distill.rows.read import file_digest, read_prompts
from distill.store import RunFolder, stages
from distill.store.manifest import StageEntry


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

    A file that has all prompts of the run as they are, and more, lets the run grow. Raises InputError for the first row
    that is no prompt, RunError where a prompt of the run differs or is missing.
    """
    settings: dict[str, JsonValue] = {"sha256": file_digest(file)}
    if share is not None:
        settings["slice"] = f"{share.number}/{share.total}"
    entry = _enter(run, file, share, settings)
    _note_origin(run, file, entry)
    if entry.is_done:
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


def _note_origin(run: RunFolder, file: Path, entry: StageEntry) -> None:
    """Take over what `distill prompts` noted beside the file, unless that is about other rows."""
    noted = noted_origin(file, str(entry.settings["sha256"]))
    if noted is not None and noted != entry.origin:
        run.note_origin("prompts", noted)


def _enter(run: RunFolder, file: Path, share: Slice | None, settings: dict[str, JsonValue]) -> StageEntry:
    """Enter the stage, grown where the file has more than the run."""
    then = run.manifest.stages.get("prompts")
    if (then is not None and stages.as_asked(then.settings) == settings) or not run.prompts.count():
        return run.begin("prompts", settings)
    num_new = _num_new(run, file, share)
    if then is None:  # the manifest was lost
        return run.begin("prompts", settings)
    if num_new or not then.is_done:
        say(f"prompts: {file} has {num_new:,} more than the run, which grows.")
        run.grow("prompts", settings, _named(then.settings))
    return run.manifest.stages["prompts"]


def _num_new(run: RunFolder, file: Path, share: Slice | None) -> int:
    """How many prompts the file has that the run lacks. Raises RunError where it lacks one of the run's, or differs."""
    stored = {str(row["id"]): _fingerprint(schemas.prompt_of(row)) for row in run.prompts.rows()}
    num_new = 0
    for prompt in read_prompts(file):
        if share is not None and prompt.id not in share:
            continue
        then = stored.pop(prompt.id, None)
        num_new += then is None
        if then is not None and then != _fingerprint(prompt):
            raise RunError(_refusal(run, file, f"has another prompt {prompt.id!r}: {_difference(run, prompt)}"))
    if stored:
        more = f" and {len(stored) - 1:,} more" if len(stored) > 1 else ""
        raise RunError(_refusal(run, file, f"lacks the prompt {next(iter(stored))!r}{more}"))
    return num_new


def _fingerprint(prompt: Prompt) -> bytes:
    return sha256(json_bytes(schemas.prompt_row(prompt))).digest()[:16]


def _difference(run: RunFolder, prompt: Prompt) -> str:
    """In which columns a prompt differs from the run's."""
    now = schemas.prompt_row(prompt)
    then = next(schemas.prompt_row(schemas.prompt_of(row)) for row in run.prompts.rows() if row["id"] == prompt.id)
    shown = (f"{column} {str(then[column])[:80]!r} → {str(now[column])[:80]!r}" for column in now
             if then[column] != now[column])  # fmt: skip
    return "; ".join(shown)


def _refusal(run: RunFolder, file: Path, what: str) -> str:
    return (
        f"{file} {what}, which {run.path} holds. A run takes a file with all its prompts as they are, and any number "
        "more. Take the old file back, name another run folder (run=DIR in a recipe, --run DIR of a command), or add "
        "`--restart prompts`, which moves aside what was made; `distill restore` takes that back."
    )


def _named(settings: Mapping[str, JsonValue]) -> str:
    """The file, and the share of it, that the run had."""
    share = f", slice {settings['slice']}" if "slice" in settings else ""
    return f"{settings['sha256']}{share}"
