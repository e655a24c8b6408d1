"""The fields of an answer in all the forms in which endpoints send them: texts, parts, objects, counts."""

import json
from collections.abc import Mapping
from typing import NamedTuple

import orjson
from pydantic import JsonValue

_TEXT_KEYS = ("text", "content", "summary", "thinking", "reasoning", "value")
"""Where an object that stands for a text has it."""
_REASONING_FIELDS = (
    "reasoning_content",
    "reasoning",
    "thinking",
    "reasoning_text",
    "reasoning_details",
    "thinking_blocks",
)
"""vLLM renamed `reasoning_content` to `reasoning` in 0.17; Ollama, OpenRouter and LiteLLM have their own beside it.
Where several are there, they say the same."""


_MOST_TOKENS = 10**9


class MessageTexts(NamedTuple):
    """What a message, or a piece of one, says."""

    reasoning: str
    content: str


def loads(data: bytes) -> tuple[JsonValue, bool]:
    """JSON as endpoints write it, and whether it had to be mended: then texts may hold halves of surrogate pairs.

    NaN, control characters and bytes that are no UTF-8 are taken as well. Raises json.JSONDecodeError.
    """
    try:
        return orjson.loads(data), False
    except orjson.JSONDecodeError:
        return json.loads(data.decode("utf-8-sig", errors="replace"), strict=False), True


def joined_halves(text: str) -> str:
    """A text in which surrogate pairs that came in two pieces are characters, and a lone half is U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def texts(message: Mapping[str, object]) -> MessageTexts:
    """What a message says. Parts that are neither text nor reasoning are left out. Raises TypeError."""
    thoughts, content = _divided(message.get("content"))
    if not content and message.get("content") is None:
        content = _plain(message.get("text"))
    for name in _REASONING_FIELDS:
        value = message.get(name)
        if value and (found := _plain(value)):
            return MessageTexts(found, content)
    return MessageTexts(thoughts, content)


def refusal(message: Mapping[str, object]) -> str:
    """What OpenAI's models say in place of an answer, in a field or a part of its own."""
    content = message.get("content")
    parts = content if isinstance(content, list) else ()
    said = [part.get("refusal") for part in parts if isinstance(part, dict)]
    return "".join(text for text in [message.get("refusal"), *said] if isinstance(text, str))


def count(value: object) -> int:
    """A number of tokens, which may be null, a text or a float; 0 where it is none, or none that can be."""
    try:
        number = int(float(value)) if isinstance(value, int | float | str) else 0
    except (ValueError, OverflowError):
        return 0
    return number if 0 <= number < _MOST_TOKENS else 0


class Counts(NamedTuple):
    """Tokens as an endpoint counts them; 0 where it does not."""

    prompt: int
    completion: int


_UNCOUNTED = Counts(0, 0)


def counts(data: Mapping[str, object]) -> Counts:
    """The tokens that an answer or event counts, wherever it does.

    xAI and Gemini leave reasoning out of the completion's tokens, but not out of the total.
    """
    usage = data.get("usage")
    if not isinstance(usage, dict):
        groq, timings = data.get("x_groq"), data.get("timings")
        usage = groq.get("usage") if isinstance(groq, dict) else None
        if not isinstance(usage, dict):  # llama.cpp
            return Counts(0, count(timings.get("predicted_n"))) if isinstance(timings, dict) else _UNCOUNTED
    prompt = count(usage.get("prompt_tokens") or usage.get("input_tokens"))
    completion = count(usage.get("completion_tokens") or usage.get("output_tokens"))
    total = count(usage.get("total_tokens"))
    return Counts(prompt, max(completion, total - prompt) if prompt else completion)


def turns_thinking_off(body: Mapping[str, JsonValue]) -> bool:
    """Whether the further fields of a request ask the model not to think, in any of the forms that are in use."""
    kwargs, thinking, reasoning = body.get("chat_template_kwargs"), body.get("thinking"), body.get("reasoning")
    said = [body.get("enable_thinking"), body.get("think"), thinking]
    said += [kwargs.get("enable_thinking"), kwargs.get("thinking")] if isinstance(kwargs, dict) else []
    said += [thinking.get("type") != "disabled"] if isinstance(thinking, dict) else []
    efforts = [body.get("reasoning_effort")]
    if isinstance(reasoning, dict):
        said, efforts = [*said, reasoning.get("enabled")], [*efforts, reasoning.get("effort")]
    return any(value is False for value in said) or "none" in efforts


def _divided(content: object) -> MessageTexts:
    """The reasoning and the text of a message's content: a text, or parts of several kinds."""
    if content is None or isinstance(content, str):
        return MessageTexts("", content or "")
    if isinstance(content, dict):
        return MessageTexts("", _known(content))
    if not isinstance(content, list):
        raise TypeError(f"a content that is no text: {content!r:.200}")
    thoughts, answer = "", ""
    for part in content:
        kind = str(part.get("type") or "") if isinstance(part, dict) else ""
        if "think" in kind or "reason" in kind:
            thoughts += _plain(part)
        elif isinstance(part, str) or "text" in part:
            answer += _plain(part)
    return MessageTexts(thoughts, answer)


def _known(content: Mapping[str, object]) -> str:
    if not any(key in content for key in _TEXT_KEYS):
        raise TypeError(f"a content that is no text: {content!r:.200}")
    return _plain(content)


def _plain(value: object) -> str:
    """The text that a value stands for; "" for what has none. Raises TypeError for a number."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, dict):
        return next((_plain(value[key]) for key in _TEXT_KEYS if value.get(key)), "")
    if isinstance(value, list):
        return "".join(map(_plain, value))
    raise TypeError(f"a number where a text should be: {value!r:.200}")
