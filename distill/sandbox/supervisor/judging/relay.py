"""Carry what two programs say to each other, and remember the end of it."""

import os
import selectors
from collections import deque
from typing import NamedTuple

from distill.sandbox.clean import clean

_CHUNK = 1 << 16
_KEPT = 2000
"""Bytes of a conversation: its end, where it went wrong."""


class Channel:
    """One way of a conversation: from a pipe that is read to one that is written, both closed at the end."""

    def __init__(self, speaker: str, source: int, target: int, *, tells: bool) -> None:
        """`tells`: whether the speaker is to notice that nobody listens any more."""
        self.speaker = speaker
        self.source: int | None = source
        self.target: int | None = target
        self.pending = b""
        self.num_said = 0
        self._tells = tells
        os.set_blocking(target, False)

    def read(self) -> bytes:
        """Take in what was said; at the end, the listener is told as soon as it has heard everything."""
        assert self.source is not None
        said = os.read(self.source, _CHUNK)
        self.num_said += len(said)
        self.pending += said if self.target is not None else b""
        if not said:
            self._hang_up()
        return said

    def write(self) -> None:
        """Pass on what is pending."""
        assert self.target is not None
        try:
            self.pending = self.pending[os.write(self.target, self.pending) :]
        except BrokenPipeError:
            self.pending = b""
            self._forget_listener()
            if self._tells:
                self._hang_up()
        if self.source is None and not self.pending:
            self._forget_listener()

    def _hang_up(self) -> None:
        if self.source is not None:
            os.close(self.source)
            self.source = None
        if not self.pending:
            self._forget_listener()

    def _forget_listener(self) -> None:
        if self.target is not None:
            os.close(self.target)
            self.target = None


class Conversation(NamedTuple):
    """What was said."""

    transcript: str
    """The end of it, clean, with the name of the speaker before each part."""
    last_speaker: str
    first_gone: str
    """Who hung up first: the other only hears of it from us."""
    num_said: int
    """Bytes that came through the first channel."""


def relay(*channels: Channel) -> Conversation:
    """Carry until everybody has hung up: the limits of their cells see to it that they do."""
    said: deque[tuple[str, bytes]] = deque()
    gone: list[str] = []
    while any(channel.source is not None or channel.pending for channel in channels):
        with selectors.DefaultSelector() as selector:
            for channel in channels:
                if channel.pending and channel.target is not None:
                    selector.register(channel.target, selectors.EVENT_WRITE, channel)
                elif channel.source is not None:
                    selector.register(channel.source, selectors.EVENT_READ, channel)
            for key, events in selector.select():
                if events & selectors.EVENT_WRITE:
                    key.data.write()
                elif text := key.data.read():
                    _note(said, key.data.speaker, text)
                else:
                    gone.append(key.data.speaker)
    last, first = said[-1][0] if said else "", gone[0] if gone else ""
    return Conversation(_shown(said), last, first, channels[0].num_said)


def _note(said: deque[tuple[str, bytes]], speaker: str, text: bytes) -> None:
    if said and said[-1][0] == speaker:
        text = said.pop()[1] + text
    said.append((speaker, text[-_KEPT:]))
    while sum(len(part) for _, part in said) > _KEPT and len(said) > 1:
        said.popleft()


def _shown(said: deque[tuple[str, bytes]]) -> str:
    return "\n".join(f"{speaker}: {clean(part.strip(), _KEPT)}" for speaker, part in said)
