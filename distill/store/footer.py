"""The seal of a shard's footer. Parquet has checksums of its pages, but none of its footer, which says where they lie.

A sealed file has its footer twice, with a checksum between them:

    pages | footer, length, PAR1 | CRC32 | MARK | footer, length, PAR1

Parquet is read from its end, so no reader minds. What stands before the checksum is a whole Parquet file too: a shard
whose last bytes are damaged, or cut off, loses no row.
"""

import os
import zlib
from pathlib import Path
from typing import BinaryIO, NamedTuple

MARK = b"distill\x01"
_CHECKSUM = 4
"""Bytes of a checksum."""
_ENDING = 8
"""Bytes behind a footer: its length, four of them, and `PAR1`."""


class _Tail(NamedTuple):
    """The end of a Parquet file."""

    start: int
    """Offset of its footer."""
    seal: bytes
    """What stands before the footer, as long as a seal."""
    footer: bytes
    """With its ending."""


def seal(path: Path) -> None:
    """Seal the footer of a file that has just been written."""
    with path.open("r+b") as file:
        tail = _tail(file)
        file.seek(tail.start)
        file.write(tail.footer + _seal_of(tail.footer) + tail.footer)


def check(file: BinaryIO) -> None:
    """Raises ValueError where the footer is not the one that was sealed; a file without a seal passes."""
    tail = _tail(file)
    if tail.seal.endswith(MARK) and tail.seal != _seal_of(tail.footer):
        raise ValueError("the checksum of its footer does not match")


def whole_part(path: Path) -> int | None:
    """How many of the first bytes of a damaged file are a Parquet file with a sound footer; None where none are."""
    content = path.read_bytes()
    end = content.rfind(MARK) - _CHECKSUM
    if end < _ENDING:
        return None
    start = end - _ENDING - int.from_bytes(content[end - _ENDING : end - 4], "little")
    is_sound = content[end : end + len(MARK) + _CHECKSUM] == _seal_of(content[max(0, start) : end])
    return end if is_sound else None


def _tail(file: BinaryIO) -> _Tail:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _ENDING))
    length = int.from_bytes(file.read(4), "little")
    start = max(0, size - _ENDING - length)
    before = min(start, _CHECKSUM + len(MARK))
    file.seek(start - before)
    return _Tail(start, file.read(before), file.read())


def _seal_of(footer: bytes) -> bytes:
    return zlib.crc32(footer).to_bytes(_CHECKSUM, "little") + MARK
