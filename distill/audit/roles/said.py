"""What a model says in a cell of a dataset ─▶ its texts, in whatever form they stand there. Pure.

a text · texts in a list · a conversation, of which the last reply counts · conversations in a list · JSON text of one ·
content as a list of parts · a reply as endpoints send it: `choices`, `message`, or `output` with items
"""

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from distill.prompts.sources.evidence import are_turns
from distill.prompts.turns import last_turn
from distill.rows.parse import Row

APART = ("reasoning_content", "reasoning", "thinking", "thought", "think_content")
"""The fields in which a turn has its reasoning, where that stands apart."""
TEXTS = ("content", "value", "text", "completion", "response", "output", "generation", "answer", "generated_text")
"""The fields in which an object has what is said."""
_OF_A_TURN = ("role", "from", "content", "value")
NUM_LEAVES = 200
"""Fields of a single cell that are looked at; more are data, not names."""


class Spoken(NamedTuple):
    """One text of a model."""

    text: str
    reasoning: str | None = None
    """Where the cell itself has it apart."""


def said(value: object) -> list[Spoken]:
    """The texts in a cell: one for each element of a list; none where nobody says anything."""
    value = _opened(value)
    if isinstance(value, str):
        return [Spoken(value)]
    if isinstance(value, list | tuple) and not are_turns(value):
        return [one for each in value if (one := _one(each)) is not None]
    one = _one(value)
    return [] if one is None else [one]


def has_several(value: object) -> bool:
    """Whether each element of a cell is a trace of its own."""
    value = _opened(value)
    return isinstance(value, list | tuple) and not are_turns(value)


def inner_paths(row: Row) -> Iterator[str]:
    """Paths that lead into conversations and into JSON text, for `reach`; those into structs are known already."""
    for column, value in row.items():
        opened = _opened(value)
        if isinstance(opened, Mapping) and isinstance(value, str):
            yield from _leaves(opened, column)
        elif are_turns(opened):
            assert isinstance(opened, list | tuple)
            for role in ("user", "assistant"):
                turn = last_turn(opened, role) or {}
                yield from _leaves({key: turn[key] for key in turn if key not in _OF_A_TURN}, f"{column}.{role}")


def _leaves(struct: Mapping[str, object], path: str, depth: int = 2) -> Iterator[str]:
    if len(struct) > NUM_LEAVES:
        return
    for key, value in struct.items():
        yield f"{path}.{key}"
        if isinstance(value, Mapping) and depth > 1:
            yield from _leaves(value, f"{path}.{key}", depth - 1)


def _opened(value: object) -> object:
    """JSON text of an object or a conversation is opened; other text stays text."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[{")):
        return value
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return found if isinstance(found, dict) or are_turns(found) else value


def _one(value: object) -> Spoken | None:
    match value:
        case str():
            return Spoken(value)
        case list() | tuple() if are_turns(value):
            turn = last_turn(value, "assistant")
            return None if turn is None else _turn(turn)
        case list() | tuple():
            return _parts(value)
        case {"choices": [{"message": Mapping() as message}, *_]} | {"message": Mapping() as message}:
            return _turn(message)
        case {"output": list() as items}:
            return _items(items)
        case Mapping():
            return _turn(value)
    return None


def _turn(turn: Mapping[str, object]) -> Spoken | None:
    apart = next((found for field in APART if isinstance(found := turn.get(field), str) and found.strip()), None)
    for field in TEXTS:
        content = turn.get(field)
        if isinstance(content, list | tuple):
            content = getattr(_parts(content), "text", None)
        if isinstance(content, str):
            return Spoken(content, apart)
    return None if apart is None else Spoken("", apart)


def _parts(parts: list[object] | tuple[object, ...]) -> Spoken | None:
    """The text of content that comes in parts; what is no text is not said."""
    texts = [part.get("text") if isinstance(part, Mapping) else part for part in parts]
    found = [text for text in texts if isinstance(text, str)]
    return Spoken("\n".join(found)) if found else None


def _items(items: list[object]) -> Spoken | None:
    """A reply of the Responses API: what it thought, and the last message."""
    thoughts: list[str] = []
    answer = ""
    for item in items:
        if not isinstance(item, Mapping):
            continue
        inside = _parts([*_list(item.get("content")), *_list(item.get("summary"))])
        if item.get("type") == "reasoning" and inside is not None:
            thoughts.append(inside.text)
        elif item.get("type") == "message" and inside is not None:
            answer = inside.text
    return Spoken(answer, "\n".join(thoughts) or None) if thoughts or answer else None


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
