"""A record of any dataset ─▶ the rows that are trained: a prompt, and what the assistant says to it. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

import orjson

from distill.errors import InputError
from distill.reasoning import OPEN, join, merged, split
from distill.rows.parse import stated_rate

HEAD = f"{OPEN}\n"
COLUMNS = (
    "prompt", "completion", "messages", "conversations", "system", "tools", "chat_template_kwargs", "domain", "teacher",
    "verifier", "pass_rate", "probe_pass_rate",
)  # fmt: skip
"""All that is read of a dataset; a column of any other shape or name disturbs nobody."""
_SHAREGPT = {"human": "user", "gpt": "assistant", "observation": "tool", "function_response": "tool"}
_REASONING = ("reasoning_content", "reasoning", "thinking")
"""Fields of a turn in which exports of chat endpoints keep what was thought."""

Turn = dict[str, object]
Record = Mapping[str, object]


class SetAsideError(InputError):
    """A row that cannot be trained on. It costs the training that row, and is counted by `reason`."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class Row(NamedTuple):
    """What training needs of a dataset row."""

    prompt: list[Turn]
    content: str
    """The completion's text, `<think>` included."""
    where: str
    """File and row, for messages."""
    domain: str = "unknown"
    tools: list[Turn] | None = None
    template_kwargs: Turn | None = None
    """What the row says to the chat template: `enable_thinking`, say."""
    pass_rate: float | None = None

    @property
    def first_question(self) -> str:
        """Names the prompt, whichever of its turns is trained and whatever system prompt stands before it."""
        return next((str(turn.get("content")) for turn in self.prompt if turn.get("role") == "user"), "")


def rows(record: Record, where: str, *, is_all: bool = False) -> list[Row]:
    """The last assistant turn with what came before it; with `is_all` each assistant turn, as a row of its own.

    A completion in another form of reasoning than ours, but one that `distill.reasoning` reads, is written in ours.
    Raises SetAsideError where the record is no conversation.
    """
    turns = _conversation(record)
    spoken = [number for number, turn in enumerate(turns) if number and turn.get("role") == "assistant"]
    if not spoken:
        raise SetAsideError("wrong form", "it has no assistant turn that answers another turn.")
    rate = stated_rate(record)
    shared = (
        str(record.get("domain") or "unknown"),
        _objects(record, "tools"),
        _object(record, "chat_template_kwargs"),
        float(rate) if isinstance(rate, int | float) else None,
    )
    if not is_all:
        return [Row(turns[: spoken[-1]], _content(turns[spoken[-1]]), where, *shared)]
    texts = [number for number in spoken if isinstance(turns[number].get("content"), str)]
    return [Row(turns[:n], _content(turns[n]), f"{where}, turn {n + 1}", *shared) for n in texts]


def _conversation(record: Record) -> list[Turn]:
    match record:
        case {"prompt": str() | [*_] as prompt, "completion": str() | [_] as completion}:
            return [*_turns(prompt, "user"), *_turns(completion, "assistant")]
        case {"messages": [*turns]}:
            return _turns(turns, "user")
        case {"conversations": [*turns]}:
            said = _turns([_spelled(turn) for turn in turns], "user")
            system = record.get("system")
            is_new = isinstance(system, str) and system and said and said[0].get("role") != "system"
            return [{"role": "system", "content": system}, *said] if is_new else said
    raise SetAsideError(
        "wrong form",
        "it needs `prompt`, a list of turns, and `completion`, a list of one assistant turn, or `messages`, a list of "
        'turns that ends with the assistant\'s; each turn {"role", "content"} with text. Its columns are '
        f"{', '.join(name for name, value in record.items() if value is not None) or 'none of those that are read'}.",
    )


def _turns(value: object, role: str) -> list[Turn]:
    """A list of turns; text alone is one turn."""
    turns: object = [{"role": role, "content": value}] if isinstance(value, str) else value
    turns = [_in_text(turn) for turn in turns] if isinstance(turns, list) else turns
    if not isinstance(turns, list) or not turns or not all(_is_turn(turn) for turn in turns):
        raise SetAsideError("wrong form", 'it has a turn that is not {"role", "content"} with text.')
    return [_without_nulls(turn) for turn in turns]


def _is_turn(turn: object) -> bool:
    match turn:
        case {"role": str(), "content": str()}:
            return True
        case {"role": "assistant", "tool_calls": [_, *_]}:
            return True
    return False


def _in_text(turn: object) -> object:
    """A turn whose content is a list of blocks, all of text or of reasoning, with its texts in their fields."""
    match turn:
        case {"content": [*blocks], **rest} if all(_block(block) for block in blocks):
            texts: dict[str, str] = {}
            for name, text in filter(None, map(_block, blocks)):
                texts[name] = texts.get(name, "") + text
            return {str(name): value for name, value in rest.items()} | {"content": "", **texts}
    return turn


def _block(block: object) -> tuple[str, str] | None:
    """The field that a block of content belongs to, and its text; None for images and the like."""
    match block:
        case {"type": "text" | "reasoning" | "thinking" as kind, **rest}:
            texts = [
                rest[name] for name in ("text", "value", "thinking", "reasoning") if isinstance(rest.get(name), str)
            ]
            return ("content" if kind == "text" else _REASONING[0], str(texts[0])) if texts else None
    return None


def _spelled(turn: object) -> object:
    """ShareGPT's turn in the spelling of chat templates."""
    match turn:
        case {"from": "function_call", "value": str(text)}:
            called = _json(text, "function_call")
            calls = called if isinstance(called, list) else [called]
            return {"role": "assistant", "tool_calls": [{"type": "function", "function": call} for call in calls]}
        case {"from": str(role), "value": str(text)}:
            return {"role": _SHAREGPT.get(role, role), "content": text}
    return turn


def _without_nulls(turn: Turn) -> Turn:
    """Arrow gives every turn the fields of all: those without a value are taken out, but for a missing `content`."""
    kept = {name: _plain(value) for name, value in turn.items() if value is not None}
    return {"content": None, **kept} if "tool_calls" in kept else kept


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items() if part is not None}
    return [_plain(part) for part in value] if isinstance(value, list) else value


def _content(turn: Turn) -> str:
    text = turn.get("content")
    if not isinstance(text, str):
        raise SetAsideError("tool call", "its last assistant turn calls a tool and says nothing, so no text is learnt.")
    thoughts = next((turn[name] for name in _REASONING if isinstance(turn.get(name), str)), None)
    if isinstance(thoughts, str) and thoughts.strip():
        parts = merged(thoughts, text)
        return join(parts.reasoning, parts.answer)
    if text.startswith(HEAD):
        return text
    parts = split(text)
    return join(parts.reasoning, parts.answer) if parts.reasoning is not None and parts.is_finished else text


def _decoded(record: Record, column: str) -> object:
    """A column's value, or, since columns of several shapes are kept so, what its JSON says."""
    value = record.get(column)
    return _json(value, column) if isinstance(value, str) else value


def _json(text: str, name: str) -> object:
    try:
        return orjson.loads(text) if text.strip() else None
    except orjson.JSONDecodeError as error:
        raise SetAsideError("wrong form", f"its `{name}` is not JSON: {error}.") from error


def _objects(record: Record, column: str) -> list[Turn] | None:
    match _decoded(record, column):
        case None | []:
            return None
        case list() as found if all(isinstance(one, dict) for one in found):
            return [_without_nulls(one) for one in found if isinstance(one, dict)]
    raise SetAsideError("wrong form", f"its `{column}` is no list of objects.")


def _object(record: Record, column: str) -> Turn | None:
    match _decoded(record, column):
        case None:
            return None
        case dict() as found:
            return {name: value for name, value in found.items() if value is not None} or None
    raise SetAsideError("wrong form", f"its `{column}` is no object.")
