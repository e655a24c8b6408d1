"""Where a completion's reasoning ends and its answer begins."""

from typing import NamedTuple

OPEN, CLOSE = "<think>", "</think>"


class Parts(NamedTuple):
    """A completion taken apart.

    An answer is only what stands after the *last* closing tag, so that an answer quoted while thinking
    never counts as given.
    """

    reasoning: str | None
    """None where the teacher wrote no tag at all."""
    answer: str
    is_finished: bool
    """False where the reasoning was opened and never closed: then there is no answer."""


def split(text: str) -> Parts:
    """Take `text` apart at its last `</think>`.

    The opening tag may be missing, since several chat templates put it into the prompt; text before it
    belongs to the reasoning, since it was written before the answer.

    >>> split("<think>2+2</think>4")
    Parts(reasoning='2+2', answer='4', is_finished=True)
    """
    head, close, tail = text.rpartition(CLOSE)
    if OPEN in tail:
        return Parts(_untag(head + close + tail), "", is_finished=False)
    if not close:
        return Parts(None, text, is_finished=True)
    return Parts(_untag(head), tail.strip(), is_finished=True)


def join(reasoning: str | None, answer: str) -> str:
    """Write a completion as students are trained on it: reasoning in tags, a blank line, the answer."""
    return f"{OPEN}\n{(reasoning or '').strip()}\n{CLOSE}\n\n{answer.strip()}"


def begun(reasoning: str | None, answer: str) -> str:
    """A completion that was cut off, as its teacher would have to go on from."""
    if reasoning is None:
        return answer
    return join(reasoning, answer) if answer else f"{OPEN}\n{reasoning}"


def _untag(text: str) -> str:
    before, _, after = text.partition(OPEN)
    return f"{before}\n{after}".strip()
