"""The lines of a batch: requests as they are handed over, results as they come back. No I/O.

A result is told by its `custom_id`: the batch's name and the number of its request, since results come in any order,
ids of prompts may be any text, and some providers take 64 characters at most.
"""

import json
from typing import NamedTuple

import orjson

from distill.files import json_bytes
from distill.teacher.batch_api import CHAT
from distill.teacher.reply import Completion, whole
from distill.teacher.statuses import trouble
from distill.teacher.trouble import RequestRefused, Stumble

Result = Completion | RequestRefused | Stumble
"""A Stumble is worth another try; one by overload says nothing about the request."""
_NOT_TRIED = frozenset({"batch_expired", "batch_cancelled", "batch_canceled", "expired", "cancelled", "canceled"})
_BY_NAME = {"rate_limit_exceeded": 429, "rate_limit_error": 429, "server_error": 500, "overloaded_error": 529}
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
            return whole(json_bytes(body))
        except (Stumble, RequestRefused) as problem:
            return problem
        except ValueError:
            return Stumble(f"an answer that is no completion: {_shown(body)}")
    error = data.get("error") or body
    if status is None:
        code = error.get("code") if isinstance(error, dict) else None
        if str(code).lower() in _NOT_TRIED:
            return Stumble(_shown(error), is_overload=True)
        return Stumble(_shown(error))
    return trouble(status, {}, json_bytes(error))


def _answer(data: dict[str, object]) -> tuple[int | None, object]:
    """The status of a request, None where none is given, and what it was answered."""
    response = data.get("response")
    if isinstance(response, dict):
        body = response.get("body", response)  # Fireworks has the completion itself here
        if isinstance(body, str):
            body = json.loads(body)
        status = _number(response.get("status_code"))
        is_completion = isinstance(body, dict) and bool(body.get("choices"))
        return status or (200 if is_completion else _status_of(data.get("error"))), body
    return _status_of(data.get("error")), None


def _status_of(error: object) -> int | None:
    """The HTTP status that an error stands for."""
    if not isinstance(error, dict):
        return None
    for key in ("status_code", "status", "code", "type"):
        status = _BY_NAME.get(str(error.get(key)).lower()) or _number(error.get(key))
        if status is not None:
            return status
    return None


def _number(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isdecimal() and 200 <= int(text) < 600 else None


def _shown(value: object) -> str:
    message = value.get("message") if isinstance(value, dict) else None
    return " ".join((message or json_bytes(value).decode())[:200].split())
