"""A conversation between two sandboxes over a socket: requests, answers, and requests made while answering.

The program sits at one end and the assertions at the other. Only plain data crosses (see `plain`), and the
assertions' end reads it into exact builtin types, so the program can answer with values and do nothing else.
"""

import json
import os
import struct
from collections.abc import Callable

_LENGTH = struct.Struct("<I")
_MAX_MESSAGE = 64 << 20

Message = dict[str, object]


class Hangup(Exception):  # noqa: N818 - it is an event, not a mistake
    """The other end is gone."""


class Link:
    """One end. `serve_one` answers what the other end asks."""

    def __init__(self, fd: int, serve_one: Callable[[Message], Message]) -> None:
        self._fd = fd
        self._serve_one = serve_one

    def request(self, message: Message) -> Message:
        """Ask, and answer whatever the other end asks in the meantime."""
        self._send(message)
        while True:
            received = self._receive()
            if "answer" in received:
                return received
            self._send(self._serve_one(received))

    def serve(self) -> None:
        """Answer until the other end hangs up."""
        while True:
            try:
                received = self._receive()
            except Hangup:
                return
            self._send(self._serve_one(received))

    def _send(self, message: Message) -> None:
        data = json.dumps(message).encode()
        data = _LENGTH.pack(len(data)) + data
        while data:
            try:
                data = data[os.write(self._fd, data) :]
            except BrokenPipeError as error:
                raise Hangup from error

    def _receive(self) -> Message:
        (count,) = _LENGTH.unpack(self._read(_LENGTH.size))
        if count > _MAX_MESSAGE:
            raise ValueError(f"a message of {count} bytes")
        message = json.loads(self._read(count))
        if not isinstance(message, dict):
            raise ValueError("a message that is not an object")  # noqa: TRY004 - of data, not of an argument
        return message

    def _read(self, count: int) -> bytes:
        parts = []
        while count:
            try:
                part = os.read(self._fd, min(count, 1 << 20))
            except ConnectionResetError as error:
                raise Hangup from error
            if not part:
                raise Hangup
            parts.append(part)
            count -= len(part)
        return b"".join(parts)
