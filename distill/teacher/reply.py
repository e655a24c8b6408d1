"""What a chat completion endpoint sends, whole or in events, read into one completion."""

from dataclasses import dataclass, field

import orjson
from pydantic import BaseModel, ValidationError

from distill.reasoning import CLOSE, OPEN, Parts, split
from distill.records import Sampling

CHARACTERS_A_TOKEN = 4
"""For endpoints that do not count: about right for English and code in current vocabularies."""


class ReplyMessage(BaseModel):
    """The assistant's turn, or the next piece of it. vLLM renamed `reasoning_content` to `reasoning` in 0.17."""

    content: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None


class ReplyChoice(BaseModel):
    """One completion."""

    message: ReplyMessage
    finish_reason: str | None = None


class Usage(BaseModel):
    """Tokens as the endpoint counts them, and bills them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class Reply(BaseModel):
    """The whole answer; fields that we do not use are ignored."""

    choices: list[ReplyChoice]
    usage: Usage | None = None


@dataclass(slots=True)
class Completion:
    """What a teacher has written, so far or to the end."""

    reasoning: str = ""
    """What the endpoint sent as reasoning; where it does not separate the two, `content` holds both, with the tags."""
    content: str = ""
    finish_reason: str | None = None
    """None: not finished."""
    num_tokens: int = 0
    num_prompt_tokens: int = 0
    resumed_at: int | None = None
    """The number of tokens at which it was last continued from its prefix."""
    sent: Sampling | None = None
    """How it was really drawn, where the endpoint did not take what was asked for; None: as asked."""
    _pieces: list[tuple[str, str]] = field(default_factory=list, repr=False)
    """Reasoning and content that came in events: joined once, since a text that grows by a word is copied each time."""
    _num_pieces: int = field(default=0, repr=False)

    def add(self, event: bytes) -> None:
        """Take in one event of a stream. Raises ValueError, AttributeError or TypeError for other data.

        Until the endpoint counts, every piece is taken for one token, which is never too many.
        """
        data = orjson.loads(event)
        if not isinstance(data, dict) or "error" in data:
            raise ValueError(str(data)[:200])
        for choice in data.get("choices") or ():
            delta = choice.get("delta") or {"content": choice.get("text")}
            reasoning = delta.get("reasoning") or delta.get("reasoning_content") or ""
            content = delta.get("content") or ""
            self._num_pieces += ("" + reasoning + content) != ""  # TypeError where one is no text
            self._pieces.append((reasoning, content))
            self.finish_reason = choice.get("finish_reason") or self.finish_reason
        usage = data.get("usage") or {}
        start = self.resumed_at or 0
        self.num_tokens = max(self.num_tokens, start + (usage.get("completion_tokens") or self._num_pieces))
        self.num_prompt_tokens = usage.get("prompt_tokens") or self.num_prompt_tokens

    def resume(self) -> "Completion":
        """What is written so far, to be continued by another request: the text as the model wrote it, tags included."""
        self._join()
        text = self.content
        if self.reasoning:
            text = f"{OPEN}{self.reasoning}" + (f"{CLOSE}{self.content}" if self.content else "")
        return Completion(
            content=text,
            num_tokens=self.num_tokens,
            num_prompt_tokens=self.num_prompt_tokens,
            resumed_at=self.num_tokens,
        )

    def parts(self) -> Parts:
        """Reasoning and answer, told apart by the endpoint's own field or by the tags in the text."""
        self._join()
        if not self.reasoning:
            return split(self.content)
        return Parts(self.reasoning, self.content.strip(), is_finished=bool(self.content))

    def _join(self) -> None:
        self.reasoning += "".join(reasoning for reasoning, _ in self._pieces)
        self.content += "".join(content for _, content in self._pieces)
        self._pieces.clear()


def whole(body: bytes) -> Completion:
    """Read a plain reply. Raises ValueError where it is no completion."""
    reply = Reply.model_validate_json(body)
    if not reply.choices:
        raise ValueError("it holds no choices")
    choice, usage = reply.choices[0], reply.usage or Usage()
    message = choice.message
    reasoning, content = message.reasoning or message.reasoning_content or "", message.content or ""
    return Completion(
        reasoning=reasoning,
        content=content,
        finish_reason=choice.finish_reason or "unknown",
        num_tokens=usage.completion_tokens or -(-(len(reasoning) + len(content)) // CHARACTERS_A_TOKEN),
        num_prompt_tokens=usage.prompt_tokens,
    )


class ModelCard(BaseModel):
    """A model that an endpoint serves."""

    id: str
    owned_by: str | None = None


class ModelList(BaseModel):
    """The answer of `/models`."""

    data: list[ModelCard]


def models(body: bytes) -> list[ModelCard]:
    """The models an endpoint says it serves; none where it does not say so in OpenAI's form."""
    try:
        return ModelList.model_validate_json(body).data
    except ValidationError:
        return []
