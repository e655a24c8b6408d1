"""What an endpoint says when it refuses, read out of whatever form it says it in."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

MAX_READ = 20_000
"""Characters of a refusal that are looked at; some repeat the whole request."""
MAX_SHOWN = 300
MAX_BEFORE = 100
"""Characters that may stand before the JSON of a refusal: `event: error`, `Upstream error: `."""
_ECHOES = frozenset({"input", "ctx", "url", "help", "documentation_url", "request_id", "user_id"})
"""Keys under which a refusal repeats our own words, or points elsewhere."""
_WORDS = frozenset({"message", "msg", "detail", "error", "description", "raw", "title", "reason", "error_msg"})
_NUMBERS = frozenset({"n_ctx", "n_prompt_tokens"})
_MARKUP = re.compile(r"<[^<>]{0,200}>")
_TITLE = re.compile(r"(?s)<title>(.{1,200}?)</title>")


@dataclass(frozen=True, slots=True)
class Complaint:
    """The words of a refusal."""

    text: str = ""
    """All of them, a statement a line."""
    fields: tuple[str, ...] = ()
    """The fields of the request that it names as such, in a place of their own."""
    shown: str = ""
    """What to show to people: its message, on one line."""


def read_complaint(body: bytes) -> Complaint:
    """The words of a body, be it JSON of any shape (also inside a text of another), HTML or plain text."""
    text = body.decode(errors="replace").strip()
    data = _json(text)
    if data is None:
        words = _plain(text)
        return Complaint(words[:MAX_READ], (), _one_line(words))
    statements = tuple(_statements(data, ""))
    fields = dict.fromkeys(field for field, _, _ in statements if field)
    words = "\n".join(dict.fromkeys(said for _, said, _ in statements if said))
    shown = "; ".join(dict.fromkeys(said for _, said, is_shown in statements if said and is_shown))
    return Complaint(words[:MAX_READ], tuple(fields), _one_line(shown or text))


def _statements(data: object, key: str) -> Iterator[tuple[str, str, bool]]:
    """Triples: a field that is named, what is said, and whether it is for people."""
    if isinstance(data, dict):
        place = _place(data.get("loc"))
        yield from ((part, "", False) for part in place)
        if place and isinstance(data.get("msg"), str):
            yield "", f"{'.'.join(place)}: {data['msg']}", True
        for name, value in data.items():
            if name not in _ECHOES and not (place and name in ("loc", "msg")):
                yield from _statements(value, str(name))
    elif isinstance(data, list):
        for value in data:
            yield from _statements(value, key)
    elif isinstance(data, str):
        yield from _text_statements(data, key)
    elif isinstance(data, int) and key in _NUMBERS:
        yield "", f"{key}: {data}", False


def _text_statements(text: str, key: str) -> Iterator[tuple[str, str, bool]]:
    inner = _json(text) if key in _WORDS else None
    if inner is not None:
        yield from _statements(inner, key)
    elif key in ("param", "field"):
        yield text.split(".", maxsplit=1)[0], "", False
    else:
        yield "", text, key in _WORDS


def _place(loc: object) -> tuple[str, ...]:
    """`["body", "stream_options", "include_usage"]` as pydantic has it: the field, and what is inside it."""
    parts = [part for part in loc if isinstance(part, str) and part != "body"] if isinstance(loc, list) else []
    return tuple(parts[:1] if "messages" in parts else parts)


def _json(text: str) -> object:
    """The object, or list of objects, that a text is, or that follows a few words of it; None where there is none."""
    start = text.find("{", 0, MAX_BEFORE)
    if start < 0:
        return None
    for begin in (0, start):
        try:
            return orjson.loads(text[begin:])
        except orjson.JSONDecodeError:
            continue
    return None


def _plain(text: str) -> str:
    if "<" not in text[:500]:
        return text
    title = _TITLE.search(text[:MAX_READ])
    seen = _MARKUP.sub(" ", text[max(text.find("<body"), 0) : MAX_READ])
    return html.unescape(f"{title[1]}. {seen}" if title else seen)


def _one_line(text: str) -> str:
    words = " ".join(text[: 4 * MAX_SHOWN].split())
    return words if len(words) <= MAX_SHOWN else words[: MAX_SHOWN - 1] + "…"
