"""A teacher that costs next to nothing, so that the client is what is measured: a bare asyncio protocol.

`python scripts/bench/stand_in.py --port 8001 --latency 0.02 --bytes 2000 8000`: each answer comes after a lognormal
latency and has a length in the given range. With `--events 8` it streams to whom asks for it, as vLLM does in coarse
steps. `GET /stats` tells requests, peak and mean of what was in flight, and the mean between the moment at which
`--full` requests were first in flight and the last request.
"""

import argparse
import asyncio
import json
import random
import string
import time
from collections.abc import Sequence
from typing import NamedTuple, cast


class Reply(NamedTuple):
    """An answer prepared in advance, whole and as the pieces of a stream."""

    body: bytes
    events: Sequence[bytes]


class Desk:
    """Answers prepared in advance, and counts."""

    def __init__(self, latency_s: float, sizes: tuple[int, int], num_events: int, num_full: int) -> None:
        self.latency_s = latency_s
        self.owner = "vllm" if num_events else "stand-in"
        """What `/models` says; vLLM is asked for streams."""
        rng = random.Random(0)
        self.answers = [_answer(rng, rng.randint(*sizes), num_events) for _ in range(64)]
        self.num_requests = self.num_now = self.peak = 0
        self._num_full = num_full
        self._busy_s = 0.0
        self._first = self._last = self._changed = 0.0
        self._full: tuple[float, float] | None = None
        """When it was full for the first time, and how busy it had been until then."""
        self._newest = (0.0, 0.0)
        """Likewise for the newest request."""

    def begin(self) -> Reply:
        """A request has come; the answer it will get."""
        self._move(1)
        self._first = self._first or self._changed
        self._newest = self._changed, self._busy_s
        if self._full is None and self.num_now >= self._num_full:
            self._full = self._newest
        self.num_requests += 1
        self.peak = max(self.peak, self.num_now)
        return self.answers[self.num_requests % len(self.answers)]

    def end(self) -> None:
        """It has been answered."""
        self._move(-1)
        self._last = self._changed

    def stats(self) -> bytes:
        """For the bench."""
        seconds = max(self._last - self._first, 1e-9)
        start, before = self._full or (0.0, 0.0)
        end, after = self._newest
        when_full = (after - before) / (end - start) if start and end > start else None
        found = {"requests": self.num_requests, "peak": self.peak, "seconds": seconds, "mean": self._busy_s / seconds}
        return json.dumps(found | {"mean_when_full": when_full}).encode()

    def _move(self, step: int) -> None:
        now = time.perf_counter()
        self._busy_s += self.num_now * (now - self._changed) if self._changed else 0.0
        self._changed, self.num_now = now, self.num_now + step


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, as far as clients of this bench go."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._buffer = b""
        self._is_last = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Serve each whole request."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            _, _, rest = head.partition(b"content-length:")
            size = int(rest.split(b"\r\n", 1)[0]) if rest else 0
            if len(self._buffer) < end + 4 + size:
                return
            body = self._buffer[end + 4 : end + 4 + size]
            self._buffer = self._buffer[end + 4 + size :]
            self._is_last = b"connection: close" in head
            self._serve(head, body)

    def _serve(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"get"):
            cards = b'{"data": [{"id": "toy", "owned_by": "%s"}]}' % self._desk.owner.encode()
            self._send(self._desk.stats() if b"/stats" in head[:40] else cards)
            return
        reply = self._desk.begin()
        loop, delay_s = asyncio.get_running_loop(), self._desk.latency_s * random.lognormvariate(0, 0.4)
        if not reply.events or b'"stream":true' not in body:
            loop.call_later(delay_s, self._finish, reply.body)
            return
        self._write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number, event in enumerate(reply.events, start=1):
            loop.call_later(delay_s * number / len(reply.events), self._write, event)
        loop.call_later(delay_s, self._end_stream)

    def _finish(self, body: bytes) -> None:
        self._desk.end()
        self._send(body)

    def _end_stream(self) -> None:
        self._desk.end()
        self._write(b"0\r\n\r\n")

    def _send(self, body: bytes) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        self._write(head + body)
        if self._is_last and self._transport is not None:
            self._transport.close()

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


def _answer(rng: random.Random, num_bytes: int, num_events: int) -> Reply:
    words = ("".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 9))) for _ in range(num_bytes // 6))
    content = f"<think>\n{' '.join(words)}\n</think>\n\nThe answer is \\boxed{{4}}."
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 60, "completion_tokens": num_bytes // 4, "total_tokens": 60 + num_bytes // 4}
    reply = {"id": "x", "object": "chat.completion", "created": 0, "model": "toy", "choices": [choice], "usage": usage}
    size = -(-len(content) // max(1, num_events))
    events = [_event(content[start : start + size], None) for start in range(0, len(content), size)]
    return Reply(json.dumps(reply).encode(), [*events, _event("", "stop")] if num_events else [])


def _event(text: str, finish_reason: str | None) -> bytes:
    """A server-sent event, the last with its end mark, in a chunk of its own."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish_reason}
    usage = {"prompt_tokens": 60, "completion_tokens": max(1, len(text) // 4)}
    chunk = {"id": "x", "object": "chat.completion.chunk", "model": "toy", "choices": [choice], "usage": usage}
    end = b"data: [DONE]\n\n" if finish_reason else b""
    data = b"data: %s\n\n" % json.dumps(chunk).encode() + end
    return b"%x\r\n%s\r\n" % (len(data), data)


async def serve(port: int, desk: Desk) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(lambda: Connection(desk), "127.0.0.1", port, backlog=4096)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--latency", type=float, default=0.02, help="median seconds of an answer")
    parser.add_argument("--bytes", type=int, nargs=2, default=(2000, 8000), metavar=("FROM", "TO"))
    parser.add_argument("--events", type=int, default=0, help="pieces of a streamed answer; 0: never stream")
    parser.add_argument("--full", type=int, default=512, help="requests in flight that are allowed")
    options = parser.parse_args()
    asyncio.run(serve(options.port, Desk(options.latency, tuple(options.bytes), options.events, options.full)))


if __name__ == "__main__":
    main()
