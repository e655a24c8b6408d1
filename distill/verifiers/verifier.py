"""What a verifier is."""

from typing import Protocol

from distill.records import Prompt, Verdict


class Verifier(Protocol):
    """Decides on answers to the prompts whose reference it understands.

    One instance serves a whole run from one event loop; it owns its worker processes and its deadlines, so
    nothing that an answer contains can hang, crash or slow its caller.
    """

    async def verify(self, prompt: Prompt, answer: str) -> Verdict:
        """Decide on `answer`, the text after the reasoning. Raises nothing that the answer can cause."""
        ...

    async def close(self) -> None:
        """End the workers; safe to call twice."""
        ...

    def describe(self) -> tuple[str, ...]:
        """What a verdict of it rests on besides the reference, such as the walls of a sandbox."""
        ...
