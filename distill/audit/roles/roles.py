"""Which columns of a dataset play which role: a value that workers are sent, and reports print."""

from collections.abc import Iterator
from typing import NamedTuple

from distill.prompts.sources.preset import Preset

ROLES = (
    "prompt", "trace", "reasoning", "reference", "choices", "tests", "label", "finish", "num_tokens", "domain",
    "source", "license", "language",
)  # fmt: skip
"""What `--map` can say of a column."""
NOTHING = "-"
"""In place of a column: none plays this role."""


class TraceColumns(NamedTuple):
    """Where one trace of a row stands, or, where these columns hold lists, several of one kind."""

    text: str
    """The whole trace, or what follows its reasoning."""
    reasoning: str | None = None
    """Where the reasoning stands apart."""
    label: str | None = None
    finish: str | None = None
    num_tokens: str | None = None


class Roles(NamedTuple):
    """Where everything is that an audit reads of a row. Paths are those of `distill.prompts.sources.preset.reach`."""

    dataset: str
    traces: tuple[TraceColumns, ...]
    """One at least."""
    asked: Preset | None
    """What reads the prompt, and what answers are checked against; None: no column can be the prompt."""
    reference: str | None = None
    """A struct with the reference columns of prompt rows, where the dataset is one of ours."""
    domain: str | None = None
    source: str | None = None
    license: str | None = None
    language: str | None = None
    has_lists: bool = False
    """Whether some row has several traces in a list."""
    notes: tuple[str, ...] = ()
    """What the user should know of it, a sentence each."""

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Every role that is played, and by which column, in words."""
        return tuple(self._lines())

    def said(self) -> str:
        """All of it in one line: `prompt ← problem, trace ← generations[], label ← correctness[]`."""
        return ", ".join(f"{role} ← {where}" for role, where in self.lines())

    def _lines(self) -> Iterator[tuple[str, str]]:
        yield from _asked_lines(self.asked)
        if self.reference is not None:
            yield "reference", self.reference
        for trace in self.traces:
            for role, column in (("reasoning", trace.reasoning), ("trace", trace.text)):
                if column is not None:
                    yield role, column + ("[]" if self.has_lists else "")
            for role in ("label", "finish", "num_tokens"):
                if (column := getattr(trace, role)) is not None:
                    yield role, column + ("[]" if self.has_lists else "")
        for role in ("domain", "source", "license", "language"):
            if (column := getattr(self, role)) is not None:
                yield role, column


def _asked_lines(preset: Preset | None) -> Iterator[tuple[str, str]]:
    if preset is None:
        return
    for role, name in (("prompt", "prompt"), ("reference", "answer"), ("choices", "choices")):
        if (column := preset.columns.get(name)) is not None:
            yield role, column if isinstance(column, str) else " + ".join(column)
    for column in ("constraints", "scorer"):
        if isinstance(where := preset.columns.get(column), str):
            yield "reference", where
    if preset.tests is not None:
        yield "reference", f"{' + '.join(dict.fromkeys(preset.tests.columns.values()))} (tests)"
