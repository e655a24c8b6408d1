"""Server-sent events over bytes, as the HTML standard has them (9.2.6), and as servers really send them.

Lines are cut at the bytes CR and LF, which stand in no UTF-8 character, so that a character that is split over two
chunks needs no decoder; whoever reads the JSON decodes it. `httpx_sse.SSEDecoder` does the same over lines of text.
"""

import orjson

DONE = b"[DONE]"
"""The data of the event that ends a stream."""
BOM = b"\xef\xbb\xbf"
FIELDS = (b"data:", b"event:", b"id:", b"retry:", b"error:")
"""What a line of a stream begins with; `error:` is what llama.cpp wrote up to 2025."""


class EventParser:
    """Fed with chunks, gives the data of events. Does not keep ids, nor reconnect."""

    def __init__(self) -> None:
        self._partial: list[bytes] = []
        """The beginning of a line whose end is still to come."""
        self._data: list[bytes] = []
        """The lines of the event that is being read."""
        self._is_error = False
        self._skips_lf = False
        """Whether the last chunk ended in CR, to which a LF would belong."""
        self._has_begun = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of the events that end in `chunk`, each of them not empty.

        The data of an `event: error` is `{"error": …}`, whatever it was.
        """
        if self._skips_lf and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._skips_lf = False
        if b"\n" not in chunk and b"\r" not in chunk:
            self._partial.append(chunk)
            return []
        self._skips_lf = chunk.endswith(b"\r")
        if self._partial:
            chunk = b"".join((*self._partial, chunk))
            self._partial.clear()
        if not self._has_begun:
            self._has_begun, chunk = True, chunk.removeprefix(BOM)
        lines = chunk.splitlines()
        if not chunk.endswith((b"\n", b"\r")):
            self._partial.append(lines.pop())
        return self._read(lines)

    def end(self) -> list[bytes]:
        """The data of the last event, where no blank line followed it."""
        rest = b"".join(self._partial)
        self._partial.clear()
        return self._read([rest.removeprefix(BOM), b""])

    def _read(self, lines: list[bytes]) -> list[bytes]:
        events: list[bytes] = []
        data = self._data
        for line in lines:
            if line.startswith(b"data:"):
                value = line[5:].strip()
                if data and _is_next(b"\n".join(data), value):
                    self._dispatch(events)
                data.append(value)
            elif not line:
                self._dispatch(events)
            elif line.startswith(b"event:"):
                self._is_error = line[6:].strip() == b"error"
            elif line.startswith(b"error:"):
                self._is_error = True
                data.append(line[6:].strip())
            elif line.startswith(b"{"):  # an error, between events
                self._dispatch(events)
                data.append(line)
        return events

    def _dispatch(self, events: list[bytes]) -> None:
        """The event that is read is over."""
        data = self._data
        value = data[0] if len(data) == 1 else b"\n".join(data)
        data.clear()
        if self._is_error:
            value, self._is_error = as_error(value), False
        if value:
            events.append(value)


def is_stream(head: bytes) -> bool | None:
    """Whether a body that begins with `head` is a stream of events, whatever its header says; None: not yet known."""
    head = without_comments(head)
    if not head or head.startswith(b":"):
        return None
    if head.startswith(FIELDS):
        return True
    return None if any(name.startswith(head) for name in FIELDS) else False


def without_comments(head: bytes) -> bytes:
    """A body without the blank lines and whole comments it begins with: some servers keep a connection alive so."""
    head = head.removeprefix(BOM).lstrip()
    while head.startswith(b":"):
        lines = head.splitlines(keepends=True)
        if not lines[0].endswith((b"\n", b"\r")):
            return head
        head = head[len(lines[0]) :].lstrip()
    return head


def as_error(data: bytes) -> bytes:
    """What an error event says, in the form in which it is said elsewhere."""
    try:
        said = orjson.loads(data) or "an event without words"
    except ValueError:
        said = data.decode(errors="replace") or "an event without words"
    return data if isinstance(said, dict) and said.get("error") else orjson.dumps({"error": said})


def _is_next(data: bytes, line: bytes) -> bool:
    """Whether `line` begins another event than `data`, though no blank line stands between them."""
    if not line.startswith((b"{", DONE)):
        return False
    try:
        orjson.loads(data)
    except ValueError:
        return False
    return True
