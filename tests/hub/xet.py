"""A stand-in for the Hub's content-addressed storage, as far as hf_xet asks it.

Xorbs are chunks behind each other; shards say of which chunks a file is made. Formats: huggingface.co/docs/xet.
"""

import asyncio
import struct
import time
from typing import NamedTuple

import pyarrow as pa
from aiohttp import web

from tests.hub.repo import sha256

HEADER, ENTRY, LAST = 48, 48, b"\xff" * 32
HAS_RANGE_HASHES, HAS_SHA256 = 0x80000000, 0x40000000
NONE, LZ4, GROUPED_LZ4 = range(3)


class Chunk(NamedTuple):
    start: int
    end: int
    content: bytes


class Term(NamedTuple):
    """Chunks `first` to `last`, without the last, of a xorb."""

    xorb: str
    num_bytes: int
    first: int
    last: int


def hash_text(raw: bytes) -> str:
    return "".join(f"{word:016x}" for word in struct.unpack("<4Q", raw))


def chunks_of(xorb: bytes) -> list[Chunk]:
    found: list[Chunk] = []
    at = 0
    while at < len(xorb) and xorb[at : at + 7] != b"XETBLOB":
        packed, scheme = int.from_bytes(xorb[at + 1 : at + 4], "little"), xorb[at + 4]
        size, end = int.from_bytes(xorb[at + 5 : at + 8], "little"), at + 8 + packed
        content = _unpacked(xorb[at + 8 : end], scheme, size)
        assert len(content) == size
        found.append(Chunk(at, end, content))
        at = end
    return found


def _unpacked(packed: bytes, scheme: int, size: int) -> bytes:
    if scheme == NONE:
        return packed
    content: bytes = pa.Codec("lz4").decompress(packed, decompressed_size=size).to_pybytes()
    return _ungrouped(content) if scheme == GROUPED_LZ4 else content


def _ungrouped(grouped: bytes) -> bytes:
    """Every fourth byte stood together."""
    size, out, at = len(grouped), bytearray(len(grouped)), 0
    for place in range(4):
        count = len(range(place, size, 4))
        out[place::4] = grouped[at : at + count]
        at += count
    return bytes(out)


def files_of(shard: bytes) -> dict[str, list[Term]]:
    found: dict[str, list[Term]] = {}
    at = HEADER
    while True:
        name, flags, num_terms = struct.unpack_from("<32sII", shard, at)
        at += ENTRY
        if name == LAST:
            return found
        terms = []
        for _ in range(num_terms):
            xorb, _, num_bytes, first, last = struct.unpack_from("<32sIIII", shard, at)
            terms.append(Term(hash_text(xorb), num_bytes, first, last))
            at += ENTRY
        at += ENTRY * num_terms * bool(flags & HAS_RANGE_HASHES) + ENTRY * bool(flags & HAS_SHA256)
        found[hash_text(name)] = terms


async def drained(request: web.Request, pause_s: float) -> bytes:
    """A body, read as slowly as a thin line would bring it."""
    content = bytearray()
    async for piece in request.content.iter_chunked(1 << 18):
        content += piece
        await asyncio.sleep(pause_s)
    return bytes(content)


class Cas:
    """Puts files that have arrived into `blobs`, by their SHA-256."""

    def __init__(self, blobs: dict[str, bytes]) -> None:
        self.blobs = blobs
        self.pause_s = 0.0
        self.xorbs: dict[str, bytes] = {}
        self.files: dict[str, list[Term]] = {}
        self.names: dict[str, str] = {}
        """A file's name here, by its SHA-256."""

    def about(self, content: bytes) -> dict[str, object]:
        """What the Hub's tree adds of a file that is kept here."""
        name = self.names.get(sha256(content))
        return {"xetHash": name} if name else {}

    def headers(self, content: bytes, token_url: str) -> dict[str, str]:
        """With which the Hub sends a reader here."""
        name = self.names.get(sha256(content))
        if name is None:
            return {}
        linked = {"X-Linked-Size": str(len(content)), "X-Linked-Etag": f'"{sha256(content)}"'}
        return {"X-Xet-Hash": name, "Link": f'<{token_url}>; rel="xet-auth"'} | linked

    def token(self, url: str) -> web.Response:
        until = int(time.time()) + 3600
        headers = {"X-Xet-Cas-Url": url, "X-Xet-Access-Token": "xet", "X-Xet-Token-Expiration": str(until)}
        return web.json_response({"accessToken": "xet", "exp": until, "casUrl": url}, headers=headers)

    async def answer(self, request: web.Request, url: str) -> web.Response:
        match request.method, request.match_info["path"].split("/"):
            case "POST", ["v1", "xorbs", _, name]:
                self.xorbs[name] = await drained(request, self.pause_s)
                return web.json_response({"was_inserted": True})
            case "POST", ["v1", "shards"]:
                self._register(await request.read())
                return web.json_response({"result": 1})
            case "GET", ["v1", "reconstructions", name]:
                return self._reconstruction(name, url)
            case "GET", ["xorb", name]:
                data, part = self.xorbs[name], request.http_range
                start, end = part.start or 0, part.stop or len(data)
                headers = {"Content-Range": f"bytes {start}-{end - 1}/{len(data)}"}
                return web.Response(body=data[start:end], status=206, headers=headers)
        return web.Response(status=404)

    def _register(self, shard: bytes) -> None:
        for name, terms in files_of(shard).items():
            pieces = (chunk.content for term in terms for chunk in self._chunks(term))
            content = b"".join(pieces)
            self.blobs[sha256(content)] = content
            self.names[sha256(content)] = name
            self.files[name] = terms

    def _chunks(self, term: Term) -> list[Chunk]:
        return chunks_of(self.xorbs[term.xorb])[term.first : term.last]

    def _reconstruction(self, name: str, url: str) -> web.Response:
        terms, places = [], {}  # type: ignore[var-annotated]
        for term in self.files[name]:
            chunks, part = self._chunks(term), {"start": term.first, "end": term.last}
            terms.append({"hash": term.xorb, "unpacked_length": term.num_bytes, "range": part})
            place = {"start": chunks[0].start, "end": chunks[-1].end - 1}
            places.setdefault(term.xorb, []).append(
                {"range": part, "url": f"{url}/cas/xorb/{term.xorb}", "url_range": place}
            )
        return web.json_response({"offset_into_first_range": 0, "terms": terms, "fetch_info": places})
