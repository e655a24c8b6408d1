"""Bytes ─▶ text: UTF-8, UTF-16 and UTF-32 as the first bytes say, Windows-1252 where UTF-8 fails."""

import codecs
import json
import re
from collections.abc import Iterator
from io import TextIOWrapper

from distill.errors import InputError
from distill.rows.files import HEAD, DataFile, say_once

_FOREIGN = re.compile(rb"[\x80-\xff]{4}")
"""No Western text has so many letters with accents in a row."""


class EncodingError(InputError):
    """Bytes that are no text as far as we know."""


def read_lines(file: DataFile) -> Iterator[bytes]:
    """The lines of a text in UTF-8, without the mark at its beginning; one in UTF-16 or UTF-32 is recoded."""
    encoding = encoding_of(file.head())
    with file.open() as stream:
        if encoding == "utf-8":
            yield from stream
        elif encoding == "utf-8-sig":
            stream.read(len(codecs.BOM_UTF8))
            yield from stream
        else:
            with TextIOWrapper(stream, encoding, newline="\n") as text:
                for line in text:
                    yield line.encode()


def read_pieces(file: DataFile) -> Iterator[str]:
    """A text piece by piece, for what is not written in lines."""
    decoder = codecs.getincrementaldecoder(encoding_of(file.head()))()
    with file.open() as stream:
        while piece := stream.read(HEAD):
            pending = decoder.getstate()[0]
            try:
                yield decoder.decode(piece)
            except UnicodeDecodeError:
                decoder.reset()
                yield western(pending + piece, file.name)


def text_of(line: bytes, name: str) -> str:
    """A line of the file `name` as text; see `western`."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return western(line, name)


def western(line: bytes, name: str) -> str:
    """What is no UTF-8 as Windows-1252, of which Latin-1 is a part; said once of the file `name`.

    Raises EncodingError where it is none either: damaged UTF-8, or an encoding of other letters.
    """
    try:
        if line.decode(errors="ignore").isascii() and not _FOREIGN.search(line):
            text = line.decode("cp1252")
            say_once(f"{name} is not all UTF-8; the rest is read as Windows-1252 (Latin-1).")
            return text
    except UnicodeDecodeError:
        """Five bytes have no meaning there."""
    raise EncodingError("it is neither UTF-8 nor Windows-1252; save the file as UTF-8")


def encoding_of(head: bytes) -> str:
    """By the mark at the beginning, or by the zeros between letters.

    >>> encoding_of("id".encode("utf-16-le")), encoding_of(b"id")
    ('utf-16-le', 'utf-8')
    """
    return json.detect_encoding(head[:4])
