"""What a provider tells of a batch or a file. Read tolerantly: names differ in case, counts are null, texts empty."""

from typing import Annotated, Any, TypeVar

import orjson
from pydantic import BaseModel, BeforeValidator, NonNegativeInt, ValidationError

from distill.teacher.trouble.kinds import Stumble

LABEL = "distill"
"""The key in a batch's `metadata` under which our own name of it stands."""
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
_NOT_YET = frozenset({"pending", "queued", "running", "processing", "uploading"})
_BROKEN = frozenset({"error", "failed"})
_SPELT = {"canceled": "cancelled", "canceling": "cancelling", "success": "completed"}


def _status(value: object) -> object:
    """`IN_PROGRESS` and `in_progress` are one."""
    name = str(value).lower()
    return _SPELT.get(name, name)


def _or_none(value: object) -> object:
    """Some send an empty text where there is no file."""
    return value or None


Id = Annotated[str | None, BeforeValidator(_or_none)]
Count = Annotated[NonNegativeInt, BeforeValidator(lambda value: value or 0)]


class RequestCounts(BaseModel):
    """How far a batch is."""

    total: Count = 0
    completed: Count = 0
    failed: Count = 0


class BatchReply(BaseModel):
    """A batch as the provider tells of it; fields that we do not use are ignored."""

    id: str
    status: Annotated[str, BeforeValidator(_status)]
    input_file_id: Id = None
    output_file_id: Id = None
    error_file_id: Id = None
    errors: Any = None
    request_counts: RequestCounts | None = None
    metadata: Any = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes."""
        return self.status in ENDED

    @property
    def name(self) -> str | None:
        """Ours, where it is one of ours."""
        found = self.metadata.get(LABEL) if isinstance(self.metadata, dict) else None
        return None if found is None else str(found)

    @property
    def words(self) -> str:
        """Why it failed, as the provider has it."""
        listed = self.errors.get("data", self.errors) if isinstance(self.errors, dict) else self.errors
        parts = listed if isinstance(listed, list) else [listed] if listed else []
        return "; ".join(map(_worded, parts[:3])) or "it gives no reason"

    @property
    def is_too_much_at_once(self) -> bool:
        """Whether it failed because the account has too many tokens waiting already."""
        return self.status == "failed" and "token_limit_exceeded" in str(self.errors)


class FileReply(BaseModel):
    """An uploaded file."""

    id: str
    status: str | None = None

    @property
    def is_not_ready(self) -> bool:
        """Whether no batch can be made of it yet: Azure looks at a file for a while."""
        return str(self.status).lower() in _NOT_YET

    @property
    def is_broken(self) -> bool:
        """Whether none ever can."""
        return str(self.status).lower() in _BROKEN


Reply = TypeVar("Reply", BatchReply, FileReply)


def read_reply(form: type[Reply], body: bytes) -> Reply:
    """Raises Stumble where it is something else."""
    try:
        data = orjson.loads(body)
        inner = data.get("job") if isinstance(data, dict) else None  # Together wraps what it has just made
        return form.model_validate(inner if isinstance(inner, dict) else data)
    except (ValueError, ValidationError):
        raise Stumble(f"an answer that cannot be read: {body[:200].decode(errors='replace')}") from None


def _worded(error: object) -> str:
    if not isinstance(error, dict):
        return str(error)
    line = f"line {error['line']}: " if error.get("line") is not None else ""
    return f"{line}{error.get('message') or error.get('code') or error}"
