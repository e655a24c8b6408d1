"""Continues a completion that broke off from its prefix, so that what was written before is not paid for twice.

The prefix is sent as the beginning of the teacher's own turn, in the form that its template gives it; the engine
reads it once and writes on. Known for vLLM and llama.cpp, which tell what their template makes of messages.
The tokens of the prefix are those of its text, which may be cut differently at the very end than they were.
"""

from collections.abc import Sequence

import aiohttp

from distill.reasoning import OPEN
from distill.records import Message
from distill.teacher.trouble import Stumble

ENGINES = frozenset({"vllm", "llamacpp"})
MIN_TOKENS = 64
"""A shorter prefix costs less to draw again than to resume."""


async def continued_prompt(
    http: aiohttp.ClientSession, root: str, model: str, messages: Sequence[Message], written: str
) -> str:
    """Everything the engine is to read: the rendered messages and what is written so far.

    Raises Stumble where the engine does not render.
    """
    turns = [message.model_dump() for message in messages]
    try:
        rendered = await _rendered(http, root, model, turns)
    except (aiohttp.ClientError, TimeoutError, KeyError, TypeError, ValueError) as error:
        raise Stumble(f"it does not render messages ({error})") from None
    if rendered.rstrip().endswith(OPEN):  # its template opens the tag itself
        written = written.removeprefix(OPEN).lstrip("\n")
    return rendered + written


async def _rendered(http: aiohttp.ClientSession, root: str, model: str, turns: list[dict[str, str]]) -> str:
    async with http.post(f"{root}/apply-template", json={"messages": turns}) as reply:  # llama.cpp
        if reply.status == 200:
            return str((await reply.json())["prompt"])
    body = {"model": model, "messages": turns, "add_generation_prompt": True}
    async with http.post(f"{root}/tokenize", json=body) as reply:  # vLLM
        tokens = (await reply.json())["tokens"]
    async with http.post(f"{root}/detokenize", json={"model": model, "tokens": tokens}) as reply:
        return str((await reply.json())["prompt"])
