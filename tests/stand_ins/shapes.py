"""Replies in every shape that endpoints send them: each says what `ANSWER` says, and is paid for once."""

import json
from collections.abc import Mapping

from tests.stand_ins.teacher import DONE, delta, event

REASONING, ANSWER, SNOWMAN = "0 + 1", "The answer is \\boxed{1}.", "\N{SNOWMAN WITHOUT SNOW} \N{BEAR FACE}"
COUNTS = {"prompt_tokens": 5, "completion_tokens": 12}
STOP = event(delta("stop"))
USAGE = event({}, **COUNTS)


def whole(
    message: Mapping[str, object],
    finish_reason: object = "stop",
    of_choice: Mapping[str, object] | None = None,
    **usage: object,
) -> bytes:
    """A reply in one piece; `of_choice` are further fields of its choice."""
    said = {"role": "assistant", **message}
    choice = {"index": 0, "message": said, "finish_reason": finish_reason, **(of_choice or {})}
    return json.dumps({"choices": [choice], "usage": usage or COUNTS}).encode()


def data(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


_TEXT: dict[str, object] = {"content": ANSWER}
_THOUGHT = event(delta(reasoning_content=REASONING))
_EVENTS = [_THOUGHT, event(delta(content=ANSWER[:9])), event(delta(content=ANSWER[9:])), STOP, USAGE, DONE]
_STREAM = b"".join(_EVENTS)
_LEAN = b"".join(_EVENTS[1:])

WHOLE: dict[str, tuple[bytes, str | None]] = {
    "content as a list of parts": (
        whole({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": REASONING}]},
                           {"type": "text", "text": ANSWER}]}),
        REASONING,
    ),
    "content as a list of texts": (whole({"content": [{"type": "text", "text": ANSWER}]}), None),
    "reasoning as an object": (whole(_TEXT | {"reasoning": {"content": REASONING}}), REASONING),
    "reasoning_details alone": (
        whole(_TEXT | {"reasoning_details": [{"type": "reasoning.text", "text": REASONING}]}), REASONING,
    ),
    "counts that are null": (whole(_TEXT, prompt_tokens=None, completion_tokens=None), None),
    "counts that are strings": (whole(_TEXT, prompt_tokens="5", completion_tokens="12"), None),
    "a finish reason that is an object": (whole(_TEXT, {"type": "stop", "matched": 2}), None),
    "an error that is null": (whole(_TEXT)[:-1] + b', "error": null}', None),
    "comments before the JSON": (b": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n" + whole(_TEXT), None),
    "a byte order mark": (b"\xef\xbb\xbf" + whole(_TEXT), None),
}  # fmt: skip
"""Bodies under `application/json`, and the reasoning that is read from each."""

STREAMS: dict[str, tuple[list[bytes], str]] = {
    "as OpenAI's": (_EVENTS, "text/event-stream"),
    "under application/json": (_EVENTS, "application/json"),
    "under octet-stream": (_EVENTS, "application/octet-stream"),
    "under text/plain": (_EVENTS, "text/plain"),
    "lines that end in CR": ([_STREAM.replace(b"\n", b"\r")], "text/event-stream"),
    "lines that end in CRLF, a byte at a time": (
        [bytes([byte]) for byte in _STREAM.replace(b"\n", b"\r\n")], "text/event-stream",
    ),
    "no space after the colon": ([_STREAM.replace(b"data: ", b"data:")], "text/event-stream"),
    "ids, names and retry": (
        [b"event: message\nid: 7\nretry: 10\n" + each for each in _EVENTS], "text/event-stream",
    ),
    "data over two lines": ([_STREAM.replace(b', "delta"', b',\ndata: "delta"')], "text/event-stream"),
    "no blank line at the end": ([b"".join(_EVENTS[:-2]).rstrip(b"\n")], "text/event-stream"),
    "no blank line at the end, nor DONE": ([b"".join(_EVENTS[:-1]).rstrip(b"\n")], "text/event-stream"),
    "DONE without a finish reason": ([*_EVENTS[:3], USAGE, DONE], "text/event-stream"),
    "a byte order mark": ([b"\xef\xbb\xbf" + _STREAM], "text/event-stream"),
    "errors that are null": ([each.replace(b'{"choices"', b'{"error": null, "choices"') for each in _EVENTS],
                             "text/event-stream"),
    "choices that are null": ([data({"choices": None}), *_EVENTS], "text/event-stream"),
    "no choices at all": ([data({"id": "keep-alive"}), *_EVENTS], "text/event-stream"),
    "a delta that is null": (
        [*_EVENTS[:3], data({"choices": [{"index": 0, "delta": None, "finish_reason": "stop"}]}), USAGE, DONE],
        "text/event-stream",
    ),
    "counts that are null": ([*_EVENTS[:4], data({"choices": [], "usage": {"completion_tokens": None}}), DONE],
                             "text/event-stream"),
    "usage that is null": ([each.replace(b'"choices"', b'"usage": null, "choices"') for each in _EVENTS[:4]] + [DONE],
                           "text/event-stream"),
    "a whole reply as one event": ([b"data: " + whole(_TEXT | {"reasoning": REASONING}) + b"\n\n", DONE],
                                   "text/event-stream"),
    "content as a list of parts": (
        [_THOUGHT, event(delta(content=[{"type": "text", "text": ANSWER}])), STOP, USAGE, DONE], "text/event-stream",
    ),
    "reasoning as an object": (
        [event(delta(reasoning={"content": REASONING})), *_EVENTS[1:]], "text/event-stream",
    ),
    "an interim finish reason that is empty": (
        [each.replace(b'"finish_reason": null', b'"finish_reason": ""') for each in _EVENTS], "text/event-stream",
    ),
    "a finish reason told twice": ([*_EVENTS[:4], STOP, USAGE, DONE], "text/event-stream"),
    "the last words beside the finish reason": (
        [*_EVENTS[:2], event(delta("stop", content=ANSWER[9:])), USAGE, DONE], "text/event-stream",
    ),
    "two choices": (
        [*_EVENTS[:2], event(delta(index=1, content="another")), *_EVENTS[2:]], "text/event-stream",
    ),
}  # fmt: skip
"""Pieces and content types; each reads as `REASONING` and `ANSWER`."""


def _raw(text: bytes) -> bytes:
    """An event whose content is written as it is."""
    return b'data: {"choices": [{"index": 0, "delta": {"content": "' + text + b'"}, "finish_reason": null}]}\n\n'


BYTES: dict[str, tuple[list[bytes], str]] = {
    "a surrogate pair over two events": ([_raw(rb"a \ud83d"), _raw(rb"\udc3b b")], "a \N{BEAR FACE} b"),
    "a character over two packets": (
        list(_raw("a \N{BEAR FACE} b".encode()).partition(b"\x9f\x90")), "a \N{BEAR FACE} b",
    ),
    "half of a surrogate pair": ([_raw(rb"a \ud83d b")], "a \N{REPLACEMENT CHARACTER} b"),
    "bad UTF-8": ([_raw(b"a \xff b")], "a \N{REPLACEMENT CHARACTER} b"),
    "line separators": ([_raw("a\N{LINE SEPARATOR}b".encode())], "a\N{LINE SEPARATOR}b"),
}  # fmt: skip
"""Texts that are hard to read, and as what they are stored."""
