"""The prompt of a row, in any of the forms in which people write it ─▶ clean text, or messages. Pure.

a text · a text in ChatML · {role, content} · {from, value} · turns as a list of texts · content as a list of parts
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from distill.errors import InputError

ROLES = {"human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant", "function_call": "assistant"}

_UNSEEN = re.compile(r"[\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060\ufeff\x00-\x08\x0b\x0c\x0e-\x1f]")
_LINE_END = re.compile(r"(?<![ \t])[ \t]++(?=\n)|(?<=\n\n)\n+")
_CHATML = re.compile(r"<\|im_start\|>(\w+)\n")
_CHATML_END = "<|im_end|>"


def clean(text: str) -> str:
    """One Unicode form (NFC), plain line ends, nothing invisible, no more than one empty line in a row."""
    if text.isascii() and text.isprintable():
        return text.strip()  # one line of plain letters, as most are
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _LINE_END.sub("", _UNSEEN.sub("", text)).strip()


def read_prompt(found: object) -> object:
    """The prompt's text or messages, cleaned; of a conversation what comes before the first reply.

    What is neither stays as it is, so that `parse_prompt` names it. None where nothing is asked.
    Raises InputError for a turn that is none, and for one that holds something else than text.
    """
    if isinstance(found, str):
        return _read_chatml(found) if found.startswith("<|im_start|>") else clean(found) or None
    if not isinstance(found, list | tuple):
        return found
    if found and all(isinstance(turn, str) for turn in found):
        return clean(str(found[0])) or None
    messages = _messages(found)
    only = messages[0]["content"] if len(messages) == 1 else None
    if isinstance(only, str) and only.startswith("<|im_start|>"):
        return _read_chatml(only)
    return messages if any(message["content"] for message in messages) else None


def asked_text(prompt: object) -> str:
    """The text of a row's prompt, or of the turns of one that are not the system's: what rows are compared by."""
    if isinstance(prompt, list):
        return "\n".join(str(turn["content"]) for turn in prompt if turn["role"] != "system")
    return prompt if isinstance(prompt, str) else ""


def speaker(turn: object) -> str | None:
    """Who says a turn: `user`, `assistant`, `system`, or what else stands there; None of what is no turn."""
    if not isinstance(turn, Mapping):
        return None
    role = turn.get("role", turn.get("from"))
    return ROLES.get(role, role) if isinstance(role, str) else None


def last_turn(turns: Sequence[object], role: str) -> Mapping[str, object] | None:
    """The last turn of a speaker; None where it says nothing."""
    return next((turn for turn in reversed(turns) if isinstance(turn, Mapping) and speaker(turn) == role), None)


def _messages(turns: Iterable[object]) -> list[dict[str, object]]:
    messages: list[dict[str, object]] = []
    for turn in turns:
        if not isinstance(turn, Mapping):
            raise InputError(f"a turn of `prompt` should be an object, but is {turn!r:.60}")
        role, content = turn.get("role", turn.get("from")), turn.get("content", turn.get("value"))
        role = ROLES.get(str(role), role)
        if role == "assistant":
            break
        messages.append({"role": role, "content": _content(content)})
    return messages


def _content(found: object) -> object:
    """The text of a turn, also where it comes in parts."""
    if isinstance(found, list | tuple):
        return clean("\n".join(map(_part, found)))
    return "" if found is None else clean(found) if isinstance(found, str) else found


def _part(part: object) -> str:
    if isinstance(part, str):
        return part
    text = part.get("text") or part.get("value") if isinstance(part, Mapping) else None
    if isinstance(part, Mapping) and part.get("type", "text") == "text" and isinstance(text, str):
        return text
    kind = part.get("type") if isinstance(part, Mapping) else part
    raise InputError(f"a turn of `prompt` holds {kind!r:.40}; only text can be asked")


def _read_chatml(text: str) -> Sequence[object] | None:
    """The turns of a prompt that a template wrote out."""
    _, *found = _CHATML.split(text)
    turns = [
        {"role": role, "content": said.rstrip().removesuffix(_CHATML_END)}
        for role, said in zip(found[::2], found[1::2], strict=True)
    ]
    return _messages(turns) or None
