"""A trace that somebody published, as far as it can be judged: what an audit reads of each row of a dataset."""

from typing import NamedTuple

from distill.references import Reference


class TraceRow(NamedTuple):
    """One trace of one prompt; a row with several traces makes several of these."""

    where: str
    """For messages: `FILE, row 12`, or `FILE, row 12, trace 3` where rows have several."""
    prompt: str
    """What the model was asked: the last turn of the user. System messages and earlier turns are left out."""
    completion: str
    """The raw text of the trace, with its tags."""
    reasoning: str | None
    """As `distill.reasoning` splits it, or as the set has it in a column of its own; None: no reasoning was marked."""
    answer: str
    reference: Reference | None
    """What the set brings to check against. Never a column that a model wrote."""
    label: bool | None
    """The set's own word on whether the trace is right; None: it has none."""
    finish: str | None
    """The finish reason that the set states."""
    num_tokens: int | None
    """The length that the set states. Nothing is counted here."""
    domain: str | None
    source: str | None
    license: str | None
    language: str | None
    """ISO 639-1, as the set states it."""


class UnreadRow(NamedTuple):
    """A row, or a trace of one, that could not be read (`SetAside` means a prompt that is not taken)."""

    where: str
    reason: str
    """What was seen, without a place: equal reasons are counted together."""
