"""Reads the body of an answer into a completion, whatever form it has: one object, or a stream of events.

The two are told apart by their first bytes, not by the header: gateways send streams as `application/json`, whole
answers as `text/event-stream`, and comments before either to keep the connection alive.
"""

import json
from collections.abc import AsyncIterator, Callable

import aiohttp

from distill.records import FinishReason
from distill.teacher.replies.events import DONE, EventParser, is_stream, without_comments
from distill.teacher.replies.reply import Completion
from distill.teacher.trouble.kinds import Stumble


async def read(chunks: AsyncIterator[bytes], so_far: Completion, watch: Callable[[Completion], None]) -> Completion:
    """Add to `so_far` what comes, show it to `watch` after each event, and return it when it is finished.

    Raises Stumble where it breaks off or cannot be read, ErrorInBody, and what `chunks` raises; what has come until
    then is in `so_far`.
    """
    head = b""
    async for chunk in chunks:
        head = without_comments(head + chunk)
        if (found := is_stream(head)) is not None:
            break
    else:
        raise Stumble("an empty answer")
    if found:
        is_done = await _read_events(head, chunks, so_far, watch)
        return _ended(so_far, is_done=is_done, is_whole=False)
    _add(so_far, b"".join([head, *[chunk async for chunk in chunks]]), is_whole=True)
    return _ended(so_far, is_done=True, is_whole=True)


def read_whole(body: bytes) -> Completion:
    """As `read`, of an answer that is there already."""
    done = Completion()
    _add(done, body, is_whole=True)
    return _ended(done, is_done=True, is_whole=True)


async def _read_events(
    head: bytes, chunks: AsyncIterator[bytes], so_far: Completion, watch: Callable[[Completion], None]
) -> bool:
    """Add the events of a stream; returns whether it says itself that it is over."""
    parser, chunk = EventParser(), head
    while True:
        for data in parser.feed(chunk):
            if data == DONE:
                return True
            _add(so_far, data)
            watch(so_far)
        try:
            chunk = await anext(chunks)
        except StopAsyncIteration:
            break
        except (aiohttp.ClientError, ConnectionError, TimeoutError):
            if so_far.finish_reason is None:
                raise
            return True  # all but the count is there
    for data in parser.end():
        if data == DONE:
            return True
        _add(so_far, data, is_last=True)
        watch(so_far)
    return False


def _add(so_far: Completion, data: bytes, *, is_whole: bool = False, is_last: bool = False) -> None:
    """Take in what an endpoint said. Raises Stumble where it cannot be read, and ErrorInBody."""
    try:
        so_far.add(data, is_whole=is_whole)
    except json.JSONDecodeError:
        is_cut = is_whole or is_last  # or a page of a proxy
        raise Stumble(f"an answer that is no completion: {shown(data)}", is_unreadable=not is_cut) from None
    except (TypeError, ValueError, RecursionError) as error:
        raise Stumble(f"it is in a form that cannot be read ({error}): {shown(data)}", is_unreadable=True) from None
    if is_whole and not so_far.is_begun:
        raise Stumble(f"it is in a form that cannot be read (no choices): {shown(data)}", is_unreadable=True)


def _ended(so_far: Completion, *, is_done: bool, is_whole: bool) -> Completion:
    """The completion, if it is whole."""
    if so_far.broke_with:
        raise Stumble(f"it broke off with finish_reason {so_far.broke_with!r}")
    if is_done and not so_far.is_begun:
        raise Stumble("a stream without choices", is_unreadable=True)
    if so_far.finish_reason is None and not ((is_done or so_far.is_counted) and (is_whole or so_far.has_grown)):
        raise Stumble("the stream broke off")
    so_far.end()
    if so_far.finish_reason is FinishReason.STOP and not so_far.has_grown:
        raise Stumble("an empty answer, of no token", is_unreadable=True)  # a provider that failed without saying so
    return so_far


def shown(body: bytes) -> str:
    """The beginning of a body on one line, for people."""
    return " ".join(body[:200].decode(errors="replace").split())
