"""Requests that an endpoint has refused, before it is known whether it refuses them alone or everything."""

from distill.errors import TeacherError
from distill.records import RefusalKind, Sample
from distill.sampling.requests import SentRequest

OF_PROMPTS = (RefusalKind.CONTENT, RefusalKind.CONTEXT)
"""What is about a prompt's own content or length, whoever is alone with it."""


class HeldBack:
    """Kept until something is answered. A run that ends before keeps none: there a setting is at fault, or a key."""

    def __init__(self) -> None:
        self._refused: list[tuple[SentRequest, Sample]] = []

    def add(self, sent: SentRequest, sample: Sample) -> None:
        """A request was refused."""
        self._refused.append((sent, sample))

    def take(self) -> list[tuple[SentRequest, Sample]]:
        """All of them, which are held back no longer."""
        taken, self._refused = self._refused, []
        return taken

    def check(self) -> None:
        """Raise TeacherError where what is held back at the end of a run without an answer is about no prompt."""
        first = next((sample for _, sample in self._refused if sample.refusal not in OF_PROMPTS), None)
        if first is not None:
            raise unanswered(len(self._refused), str(first.error))


def unanswered(number: int, words: str) -> TeacherError:
    """What ends a run in which nothing was answered and so many requests were refused, one of them in these words."""
    return TeacherError(
        f"Nothing was answered, and {number:,} requests were refused: {words} Nothing is marked as done: mend it and "
        "run the same command again."
    )
