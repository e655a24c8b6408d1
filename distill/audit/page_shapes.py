"""What the page of an audit is made of. Pure."""

from typing import NamedTuple

from markupsafe import Markup

from distill.audit.facts import Exhibit, Proportion


class AuditTile(NamedTuple):
    """A measure's main number, at the top of the page."""

    anchor: str
    title: str
    value: str
    note: str


class FoundShare(NamedTuple):
    """A number of a measure, and what it counts."""

    what: str
    """As it follows on the number: `of prompts repeat …`."""
    found: Proportion | None
    """None: nothing of the kind could be examined."""
    absent: str = ""
    """Then, why."""


class PageTable(NamedTuple):
    """Counts, or other cells, below a caption. Cells are plain text, and stay so."""

    caption: str
    head: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    marked: frozenset[tuple[int, int]] = frozenset()
    """Cells, by line and column, that the reader should look at unless they are 0; the caption says why."""
    words: frozenset[int] = frozenset()
    """Columns of text, beside the first."""


class Picture(NamedTuple):
    """A drawing of ours."""

    caption: str
    svg: Markup


class PageSection(NamedTuple):
    """A measure."""

    anchor: str
    title: str
    meaning: str
    """Why it matters, in one sentence."""
    notes: tuple[str, ...] = ()
    """How it was looked for, and what the numbers do not say."""
    findings: tuple[FoundShare, ...] = ()
    tables: tuple[PageTable, ...] = ()
    pictures: tuple[Picture, ...] = ()
    exhibits: tuple[tuple[str, tuple[Exhibit, ...]], ...] = ()
    """Worst examples, by what they show."""
    not_examined: str | None = None
    """Why there is nothing to show."""


def examples(*groups: tuple[str, tuple[Exhibit, ...]]) -> tuple[tuple[str, tuple[Exhibit, ...]], ...]:
    """The groups that have some."""
    return tuple(group for group in groups if group[1])
