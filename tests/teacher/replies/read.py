"""Reads bodies as the client does, without a server."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

from distill.teacher.replies.reading import read
from distill.teacher.replies.reply import Completion


def read_body(body: bytes | Sequence[bytes], so_far: Completion | None = None) -> Completion:
    """A body, in one chunk or in several, as a completion."""
    chunks = [body] if isinstance(body, bytes) else body
    return asyncio.run(read(_given(chunks), so_far or Completion(), lambda so_far: None))


def read_whole(message: object, finish_reason: object = "stop", **further: object) -> Completion:
    """An answer in one piece."""
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    return read_body(json.dumps({"choices": [choice]} | further).encode())


def read_stream(*events: object, so_far: Completion | None = None) -> Completion:
    """A stream of such objects; texts are sent as they are."""
    return read_body(stream_of(*events), so_far)


def stream_of(*events: object) -> bytes:
    """The bytes of a stream."""
    sent = [event if isinstance(event, str) else json.dumps(event, ensure_ascii=False) for event in events]
    return "".join(f"data: {data}\n\n" for data in sent).encode()


def piece(delta: object, finish_reason: object = None, **further: object) -> dict[str, object]:
    """An event of a stream."""
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason} | further]}


async def _given(chunks: Sequence[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
