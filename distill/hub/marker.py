"""`distill.json`, the file by which a repository on the Hub is known as ours: what was pushed, and the card it had.

Only files that it lists are ever replaced or deleted, and `distill pull` checks what it brings against it.
"""

import hashlib
import json
from pathlib import Path
from typing import Literal, get_args

from pydantic import ValidationError

from distill.errors import HubError
from distill.hub.names import RepoKind
from distill.references import Record

MARKER = "distill.json"
CARD = "README.md"
FORMAT = 1
MAX_REGULAR = 16_000_000
"""Bytes up to which a file may be kept by the Hub outside of its large file storage, which takes all above 10 MB."""


class FileStamp(Record):
    """A file's content, by both names that the Hub may know it by."""

    size: int
    sha256: str
    blob_id: str | None = None
    """Git's name, by which the Hub lists small files; None above MAX_REGULAR bytes."""

    @classmethod
    def of(cls, content: Path | bytes) -> "FileStamp":
        """Read a file once, or take bytes as they are."""
        if isinstance(content, Path):
            size = content.stat().st_size
            if size > MAX_REGULAR:
                with content.open("rb") as file:
                    return cls(size=size, sha256=hashlib.file_digest(file, "sha256").hexdigest())
            content = content.read_bytes()
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        return cls(size=len(content), sha256=hashlib.sha256(content).hexdigest(), blob_id=blob)


class Marker(Record):
    """What the last push of ours put into a repository."""

    format: Literal[1] = 1
    kind: RepoKind
    files: dict[str, FileStamp]
    """All that was pushed but the marker itself, the card included."""
    card: str | None
    """The card as distill wrote it, without what a maintainer added: what theirs is compared with the next time."""

    def json_bytes(self) -> bytes:
        """The file's content; the same for the same marker."""
        ordered = self.model_copy(update={"files": dict(sorted(self.files.items()))})
        return (ordered.model_dump_json(indent=1) + "\n").encode()


def read_marker(content: bytes, repo: str) -> Marker | None:
    """The marker; None where the file is another project's. Raises HubError for one of a later version."""
    try:
        found = json.loads(content)
    except ValueError:
        return None
    is_ours = isinstance(found, dict) and found.get("kind") in get_args(RepoKind)
    if is_ours and isinstance(found.get("format"), int) and found["format"] > FORMAT:
        raise HubError(f"{repo} was pushed by a later version of distill; update distill first.")
    try:
        return Marker.model_validate(found, strict=True)
    except ValidationError:
        return None
