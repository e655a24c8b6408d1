"""One request of a sample, before it is put into an endpoint's form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from distill.records import Message, Sampling


@dataclass(frozen=True, slots=True)
class Ask:
    """What is said, and how the answer is drawn."""

    group: str
    """Requests of one group share a prompt, which an endpoint keeps in its cache."""
    messages: Sequence[Message]
    sampling: Sampling
    index: int = 0
    max_tokens: int | None = None
    """A limit below that of the sampling."""
    response_format: Mapping[str, JsonValue] | None = None
    """What the answer has to look like, in OpenAI's form, where the endpoint can hold a model to it."""

    @property
    def limit(self) -> int:
        """Tokens that the answer may have."""
        return min(self.max_tokens or self.sampling.max_tokens, self.sampling.max_tokens)
