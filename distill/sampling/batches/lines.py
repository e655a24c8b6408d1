"""The lines of a batch: requests as they are handed over, results as they come back. No I/O.

A result is told by its `custom_id`: the batch's name and the number of its request, since results come in any order,
ids of prompts may be any text, and some providers take 64 characters at most.
"""

import json
from typing import NamedTuple

import orjson

from distill.files import json_bytes
from distill.teacher.batches.api import CHAT
from distill.teacher.replies.endings import ErrorInBody, error_in
from distill.teacher.replies.reading import read_whole
from distill.teacher.replies.reply import Completion
from distill.teacher.trouble.kinds import RequestRefused, Stumble
from distill.teacher.trouble.statuses import trouble

Result = Completion | RequestRefused | Stumble
"""A Stumble is worth another try; one by overload says nothing about the request."""
_NOT_TRIED = frozenset({"batch_expired", "batch_cancelled", "batch_canceled", "expired", "cancelled", "canceled"})
_OF_STREAMS = frozenset({"stream", "stream_options", "stream_interval"})


class NumberedResult(NamedTuple):
    """What came of a request, by its place in the batch."""

    number: int
    result: Result


def request_line(name: str, number: int, body: dict[str, object]) -> bytes:
    """A line that asks for one completion. Nothing of a stream makes sense in it."""
    plain = {key: value for key, value in body.items() if key not in _OF_STREAMS}
    return json_bytes({"custom_id": f"{name}-{number}", "method": "POST", "url": CHAT, "body": plain}) + b"\n"


def read_body(line: bytes) -> dict[str, object]:
    """The body of a request."""
    body: dict[str, object] = orjson.loads(line)["body"]
    return body


def read_result(line: bytes, name: str) -> NumberedResult | None:
    """What a line of an output or error file says; None where it is torn or not of this batch."""
    try:
        data = orjson.loads(line)
        owner, _, number = data["custom_id"].rpartition("-")
        found = NumberedResult(int(number), _result(data))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if owner == name and found.number >= 0 else None


def _result(data: dict[str, object]) -> Result:
    status, body = _answer(data)
    if status == 200:
        try:
            return read_whole(json_bytes(body))
        except Stumble as problem:
            return problem
        except ErrorInBody as inner:
            return trouble(inner.status, {}, inner.body)
    error = data.get("error") or body
    if isinstance(error, dict) and str(error.get("code")).lower() in _NOT_TRIED:
        return Stumble(_shown(error), is_overload=True)
    if status is None:
        told = error_in({"error": error}, has_choices=False)
        status = 500 if told is None else told.status
    return trouble(status, {}, json_bytes(error))


def _answer(data: dict[str, object]) -> tuple[int | None, object]:
    """The status of a request, None where none is given, and what it was answered."""
    response = data.get("response")
    if not isinstance(response, dict):
        return None, None
    body = response.get("body", response)  # Fireworks has the completion itself here
    if isinstance(body, str):
        body = json.loads(body)
    status = str(response.get("status_code"))
    is_completion = isinstance(body, dict) and bool(body.get("choices"))
    return int(status) if status.isdecimal() and int(status) else 200 if is_completion else None, body


def _shown(value: object) -> str:
    message = value.get("message") if isinstance(value, dict) else None
    return " ".join((message or json_bytes(value).decode())[:200].split())
