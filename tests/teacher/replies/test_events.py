import random

import pytest

from distill.teacher.replies.events import EventParser, is_stream, without_comments


def parsed(chunks: list[bytes]) -> list[bytes]:
    parser = EventParser()
    return [data for chunk in chunks for data in parser.feed(chunk)] + parser.end()


STREAMS = {
    "as everyone sends it": (
        b'data: {"a": 1}\n\ndata: {"b": 2}\n\ndata: [DONE]\n\n',
        [b'{"a": 1}', b'{"b": 2}', b"[DONE]"],
    ),
    "no space": (b'data:{"a": 1}\n\ndata:[DONE]\n\n', [b'{"a": 1}', b"[DONE]"]),
    "CRLF": (b'data: {"a": 1}\r\n\r\ndata: [DONE]\r\n\r\n', [b'{"a": 1}', b"[DONE]"]),
    "CR": (b'data: {"a": 1}\r\rdata: [DONE]\r\r', [b'{"a": 1}', b"[DONE]"]),
    "several kinds of line ends": (b'data: {"a": 1}\r\n\ndata: [DONE]\r\r\n', [b'{"a": 1}', b"[DONE]"]),
    "no blank line at the end": (b'data: {"a": 1}\n\ndata: [DONE]', [b'{"a": 1}', b"[DONE]"]),
    "no line end at the end": (b'data: {"a": 1}\n\ndata: {"b": 2}\n', [b'{"a": 1}', b'{"b": 2}']),
    "no blank lines at all": (b'data: {"a": 1}\ndata: {"b": 2}\ndata: [DONE]\n', [b'{"a": 1}', b'{"b": 2}', b"[DONE]"]),
    "data in several lines": (b'data: {"a":\ndata: 1,\ndata: "b":\ndata: {}}\n\n', [b'{"a":\n1,\n"b":\n{}}']),
    "comments": (b': OPENROUTER PROCESSING\n\ndata: {"a": 1}\n: ping\n\n:\n\n', [b'{"a": 1}']),
    "other fields": (b'event: message\nid: 7\nretry: 10\nfoo\ndata: {"a": 1}\nid: 8\n\n', [b'{"a": 1}']),
    "empty data": (b'data:\n\ndata: \n\ndata: {"a": 1}\n\n', [b'{"a": 1}']),
    "a byte order mark": (b'\xef\xbb\xbfdata: {"a": 1}\n\n', [b'{"a": 1}']),
    "a byte order mark and nothing else": (b"\xef\xbb\xbf", []),
    "an event of an error": (b'event: error\ndata: {"message": "no"}\n\n', [b'{"error":{"message":"no"}}']),
    "an event of an error in words": (b"event: error\ndata: out of memory\n\n", [b'{"error":"out of memory"}']),
    "an event of an error in its usual form": (
        b'event: error\ndata: {"error": {"code": 500}}\n\n',
        [b'{"error": {"code": 500}}'],
    ),
    "an event of an error without words": (b"event: error\n\n", [b'{"error":"an event without words"}']),
    "the next event is none": (b'event: error\ndata: x\n\ndata: {"a": 1}\n\n', [b'{"error":"x"}', b'{"a": 1}']),
    "an error in llama.cpp's way": (
        b'data: {"a": 1}\n\nerror: {"code": 500}\n\n',
        [b'{"a": 1}', b'{"error":{"code":500}}'],
    ),
    "an error between the events": (b'data: {"a": 1}\n\n{"error": "no"}\n', [b'{"a": 1}', b'{"error": "no"}']),
    "characters of several bytes": ('data: {"a": "é€😀"}\n\n'.encode(), ['{"a": "é€😀"}'.encode()]),
    "line ends of Unicode, which are none": (
        'data: {"a": "x\u2028\x0b\x85y"}\n\n'.encode(),
        ['{"a": "x\u2028\x0b\x85y"}'.encode()],
    ),
    "bytes that are no UTF-8": (b'data: {"a": "\xff"}\n\n', [b'{"a": "\xff"}']),
}


@pytest.mark.parametrize("name", STREAMS)
def test_events_are_found_however_the_bytes_are_cut(name: str) -> None:
    stream, expected = STREAMS[name]
    assert parsed([stream]) == expected
    assert parsed([stream[at : at + 1] for at in range(len(stream))]) == expected
    for at in range(len(stream)):
        assert parsed([stream[:at], b"", stream[at:]]) == expected


def test_events_are_given_as_soon_as_they_are_over() -> None:
    parser = EventParser()
    assert parser.feed(b"data: 1\n") == []
    assert parser.feed(b"\n") == [b"1"]
    assert parser.feed(b"data: 2\r\r") == [b"2"]
    assert parser.feed(b"\ndata: 3\n\n") == [b"3"]


def test_many_events_in_chunks_of_any_size_are_each_found_once() -> None:
    rng = random.Random(0)
    events = [f'{{"n": {n}, "text": "{"é" * rng.randrange(40)}"}}'.encode() for n in range(500)]
    stream = b"".join(b"data: " + event + rng.choice((b"\n\n", b"\r\n\r\n", b"\r\r")) for event in events)
    chunks, at = [], 0
    while at < len(stream):
        size = rng.randrange(1, 90)
        chunks.append(stream[at : at + size])
        at += size
    assert parsed(chunks) == events


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"data: {", True), (b"data:{", True), (b"event: x", True), (b"id: 1", True), (b"retry: 1", True),
        (b"\n\r\n data: x", True), (b": hm\n\ndata: x", True), (b"\xef\xbb\xbfdata: x", True), (b"error: {}", True),
        (b"{", False), (b"\n\n{", False), (b": hm\n: hm\r\n\r\n{", False), (b"\xef\xbb\xbf{", False), (b"[", False),
        (b"<html>", False), (b"database", False), (b"error", None),
        (b"", None), (b"\n \n", None), (b": hm", None), (b": hm\n", None), (b"da", None), (b"ev", None),
    ],
)  # fmt: skip
def test_a_stream_is_known_by_its_first_bytes(head: bytes, expected: bool | None) -> None:
    assert is_stream(head) is expected


def test_comments_before_an_object_are_left_out() -> None:
    assert without_comments(b'\n: a\n:\n\n{"a": 1}\n') == b'{"a": 1}\n'
    assert without_comments(b": not yet ov") == b": not yet ov"
