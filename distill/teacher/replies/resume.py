"""Continues a completion that broke off from its prefix, so that what was written before is not paid for twice.

The prefix is sent as the beginning of the teacher's own turn, in the form that its template gives it; the engine
reads it once and writes on. Known for vLLM and llama.cpp, which tell what their template makes of messages.
The tokens of the prefix are those of its text, which may be cut differently at the very end than they were.

Reasoning that the endpoint sent in a field of its own has lost its marks. It is only continued where the template
shows that they are `<think>`: gpt-oss, Magistral and others, made to go on from a tag they never saw, write no answer.
"""

from collections.abc import Sequence

import aiohttp

from distill.reasoning import CLOSE, OPEN, has_lost_marks
from distill.records import Message
from distill.teacher.replies.reply import Completion
from distill.teacher.trouble.kinds import Stumble, Unresumable

ENGINES = frozenset({"vllm", "llamacpp"})
MIN_TOKENS = 64
"""A shorter prefix costs less to draw again than to resume."""
_THOUGHT = "A thought."
"""What stands for reasoning where we look at how a template marks it."""
_REASONING_FIELDS = ("reasoning", "reasoning_content", "thinking")
"""Under which templates look for an earlier turn's reasoning."""


async def continued_prompt(
    http: aiohttp.ClientSession, root: str, model: str, messages: Sequence[Message], so_far: Completion
) -> str:
    """Everything the engine is to read: the rendered messages and what is written so far.

    Raises Stumble where the engine does not render, Unresumable where its form of reasoning is not known to be ours.
    """
    turns = [message.model_dump() for message in messages]
    try:
        rendered = await _rendered(http, root, model, turns)
    except (aiohttp.ClientError, TimeoutError, KeyError, TypeError, ValueError) as error:
        raise Stumble(f"it does not render messages ({error})") from None
    written = so_far.content
    if has_lost_marks(written):
        raise Unresumable("what it wrote has lost its special tokens")
    if rendered.rstrip().endswith(OPEN):  # its template opens the tag itself
        return rendered + written.removeprefix(OPEN).lstrip("\n")
    is_ours = so_far.is_verbatim or not written.startswith(OPEN)
    if not is_ours and (rendered.rstrip().endswith(CLOSE) or not await _marks_as_we_do(http, root, model, turns)):
        raise Unresumable("its template does not show that it reasons in <think>")
    return rendered + written


async def _marks_as_we_do(http: aiohttp.ClientSession, root: str, model: str, turns: list[dict[str, str]]) -> bool:
    """Whether the template writes the reasoning of a turn of the assistant behind `<think>`."""
    answer = {"role": "assistant", "content": "An answer."} | dict.fromkeys(_REASONING_FIELDS, _THOUGHT)
    try:
        rendered = await _rendered(http, root, model, [*turns, answer])
    except (aiohttp.ClientError, TimeoutError, KeyError, TypeError, ValueError):
        return False  # llama.cpp renders no answer of a model that reasons
    before, thought, _ = rendered.rpartition(_THOUGHT)
    return thought != "" and before.rstrip().endswith(OPEN)


async def _rendered(http: aiohttp.ClientSession, root: str, model: str, turns: list[dict[str, str]]) -> str:
    """What the template makes of messages: the beginning of an answer as well, where the last one is no answer."""
    async with http.post(f"{root}/apply-template", json={"messages": turns}) as reply:  # llama.cpp
        if reply.status == 200:
            return str((await reply.json())["prompt"])
    is_asked = turns[-1]["role"] != "assistant"
    body = {"model": model, "messages": turns, "add_generation_prompt": is_asked}
    async with http.post(f"{root}/tokenize", json=body) as reply:  # vLLM
        tokens = (await reply.json())["tokens"]
    async with http.post(f"{root}/detokenize", json={"model": model, "tokens": tokens}) as reply:
        return str((await reply.json())["prompt"])
