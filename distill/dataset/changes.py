"""What differs between two versions of a dataset, or between two runs: a record, and how it reads. Pure."""

from collections.abc import Iterator, Mapping
from textwrap import fill
from typing import Literal, NamedTuple

from pydantic import Field

from distill.formatting import Cells, markdown_table, share
from distill.references import Record

WIDTH = 80
"""Columns of the terminal that tables are made for."""
NUM_SHOWN = 12
"""Lines of a table at most, where there is one for each part or setting."""
LONGEST_VALUE = 160


class Spread(Record):
    """How values lie."""

    num_values: int
    median: float
    mean: float
    p95: float


class PassRates(Record):
    """Pass rates of prompts."""

    num_before: int
    num_after: int
    """Prompts that have one."""
    before: float | None
    after: float | None
    """The mean over these; None without any."""
    num_both: int
    """Prompts that have one in both versions; the next two are of them."""
    num_up: int
    num_down: int


class PartChanges(Record):
    """What became of the rows of a domain or source, or of all. Of runs, a row is a sample."""

    num_before: int
    num_after: int
    num_kept: int
    """The same text for the same prompt, in both."""
    num_added: int
    """Of prompts that only the later version has."""
    num_gone: int
    """Of prompts that only the earlier version has."""
    num_replaced: int
    """Of the earlier version: its prompt is in both, and this text of it is not."""
    num_replacing: int
    """Of the later version, likewise."""
    num_rewritten: int = 0
    """Of these, the ones at whose place (run, prompt, index) the earlier version has another text."""
    num_verdicts: int | None = None
    """Rows on which the verdict has changed; None where rows carry none."""
    tokens_before: Spread | None = None
    tokens_after: Spread | None = None
    pass_rates: PassRates | None = None


class PromptChanges(Record):
    """What became of prompts."""

    num_before: int
    num_after: int
    num_both: int
    num_other_traces: int
    """In both, with not one text in common."""
    num_reworded: int | None
    """In both by their id, under which another text stands; None where prompts have no id."""
    num_references: int | None
    """In both, with another reference; None where rows have none."""


class VerdictChange(Record):
    """Rows on which one verdict became another."""

    before: str
    after: str
    num_same_text: int
    num_other_text: int
    """Where the text at that place is another one."""


class ColumnChanges(Record):
    """How the columns differ."""

    added: tuple[str, ...]
    gone: tuple[str, ...]
    retyped: tuple[tuple[str, str, str], ...]
    """The column, its type before and after."""


class SettingChange(Record):
    """A setting that differs; empty where a version has none of that name."""

    name: str
    before: str
    after: str


class Changes(Record):
    """What differs between two versions."""

    kind: Literal["dataset", "run"]
    before: str
    after: str
    """Their names."""
    joined_by: str
    """What makes rows of both the same one, in words."""
    total: PartChanges
    domains: dict[str, PartChanges]
    sources: dict[str, PartChanges]
    prompts: PromptChanges
    verdicts: tuple[VerdictChange, ...]
    """Of runs, outcomes; of datasets, the verifiers that let the rows pass. The most frequent first."""
    columns: ColumnChanges
    settings: tuple[SettingChange, ...]
    examples: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Ids of a few prompts, by what became of them."""


class _Block(NamedTuple):
    """A table with its title."""

    title: str
    head: tuple[str, ...]
    rows: list[Cells]


def changes_section(changes: Changes) -> str:
    """The part of a card that tells what a dataset is since an earlier version, in Markdown."""
    parts = [f"## Since {changes.before}", _summary(changes), changes.joined_by]
    parts += [f"{block.title}:\n\n{markdown_table(block.head, block.rows)}" for block in _blocks(changes)]
    return "\n\n".join(parts)


def changes_text(changes: Changes) -> str:
    """The same for a terminal of 80 columns, with a few ids of prompts."""
    parts = [f"{changes.before} ─▶ {changes.after}", fill(_summary(changes), WIDTH), fill(changes.joined_by, WIDTH)]
    parts += [f"{block.title}\n{_plain(block)}" for block in _blocks(changes)]
    if changes.examples:
        told = (f"{what}: {', '.join(ids)}" for what, ids in changes.examples.items())
        lines = [fill(line, WIDTH, subsequent_indent="  ") for line in told]
        parts.append("\n".join(["Some of these prompts", *lines]))
    return "\n\n".join(parts)


def _summary(changes: Changes) -> str:
    total, prompts = changes.total, changes.prompts
    rows = "samples" if changes.kind == "run" else "rows"
    lines = [
        f"{total.num_before:,} {rows} became {total.num_after:,}: {total.num_kept:,} stayed, {total.num_added:,} came "
        f"with new prompts, and {total.num_gone:,} went with theirs. For prompts in both, {total.num_replacing:,} "
        f"other texts took the place of {total.num_replaced:,}"
        + (f", {total.num_rewritten:,} of them as the same sample of a run." if total.num_rewritten else "."),
        f"{prompts.num_before:,} prompts became {prompts.num_after:,}, {prompts.num_both:,} of them in both; "
        f"of these, {prompts.num_other_traces:,} with other traces only.",
    ]
    if prompts.num_reworded:
        lines.append(f"{prompts.num_reworded:,} prompts have another text under the same id.")
    if prompts.num_references:
        lines.append(f"{prompts.num_references:,} prompts have another reference.")
    return " ".join(lines)


def _blocks(changes: Changes) -> Iterator[_Block]:
    yield from _parts(changes, "domain", changes.domains)
    if len(changes.sources) > 1:
        yield from _parts(changes, "source", changes.sources)
    if changes.verdicts:
        what = "outcome" if changes.kind == "run" else "verifier"
        rows: list[Cells] = [
            (f"{each.before} ─▶ {each.after}", each.num_same_text, each.num_other_text)
            for each in changes.verdicts[:NUM_SHOWN]
        ]
        yield _Block(f"Changed verdicts ({what}s)", (what, "same text", "other text"), rows)
    if columns := _columns(changes.columns):
        yield _Block("Columns", ("column", "before", "after"), columns)
    if changes.settings:
        shown: list[Cells] = [
            (each.name, _cut(each.before or "–", LONGEST_VALUE), _cut(each.after or "–", LONGEST_VALUE))
            for each in changes.settings
        ]
        yield _Block("Settings that differ", ("setting", "before", "after"), shown)


def _parts(changes: Changes, what: str, parts: Mapping[str, PartChanges]) -> Iterator[_Block]:
    """The tables of one division, the largest parts first."""
    largest = sorted(parts.items(), key=lambda item: -max(item[1].num_before, item[1].num_after))
    lines = [*largest[:NUM_SHOWN], *([("all", changes.total)] if len(largest) > 1 else [])]
    more = f" (the {NUM_SHOWN} largest of {len(largest)})" if len(largest) > NUM_SHOWN else ""
    rows: list[Cells] = [
        (name, part.num_before, part.num_after, part.num_kept, part.num_added, part.num_gone, part.num_replacing)
        for name, part in lines
    ]
    yield _Block(f"By {what}{more}", (what, "before", "after", "kept", "added", "gone", "other text"), rows)
    lengths: list[Cells] = [(name, *_moved(part)) for name, part in lines if part.tokens_before or part.tokens_after]
    if lengths:
        yield _Block(f"Tokens by {what}, after (difference)", (what, "median", "mean", "95 %"), lengths)
    rates: list[Cells] = [(name, *_rates(part.pass_rates)) for name, part in lines if part.pass_rates]
    if rates:
        head = (what, "before", "after", "difference", "prompts up", "down")
        yield _Block(f"Pass rates of prompts by {what}", head, rates)
    verdicts: list[Cells] = [(name, part.num_verdicts) for name, part in lines if part.num_verdicts]
    if verdicts:
        yield _Block(f"Changed verdicts by {what}", (what, "verdicts"), verdicts)


def _moved(part: PartChanges) -> list[str]:
    """Median, mean and 95 % of the later version, each with what it has more than the earlier one."""
    before, after = part.tokens_before, part.tokens_after
    if after is None:
        return ["–"] * 3
    now = (after.median, after.mean, after.p95)
    if before is None:
        return [f"{value:,.0f}" for value in now]
    then = (before.median, before.mean, before.p95)
    return [f"{new:,.0f} ({new - old:+,.0f})" for old, new in zip(then, now, strict=True)]


def _rates(rates: PassRates) -> Cells:
    before, after = rates.before, rates.after
    difference = "–" if before is None or after is None else f"{after - before:+.1%}"
    shown = ["–" if rate is None else f"{rate:.1%}" for rate in (before, after)]
    return *shown, difference, f"{rates.num_up:,} ({share(rates.num_up, rates.num_both)})", rates.num_down


def _columns(columns: ColumnChanges) -> list[Cells]:
    added: list[Cells] = [(name, "–", "there") for name in columns.added]
    gone: list[Cells] = [(name, "there", "–") for name in columns.gone]
    return [*added, *gone, *((name, _cut(old, 60), _cut(new, 60)) for name, old, new in columns.retyped)]


def _plain(block: _Block) -> str:
    """A table of text: names on the left, all others on the right; what is too long for the line is cut."""
    lines = [block.head, *([cell if isinstance(cell, str) else f"{cell:,}" for cell in row] for row in block.rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(block.head))]
    room = WIDTH - 2 * (len(widths) - 1)
    while sum(widths) > room:
        longest = max(range(len(widths)), key=lambda place: widths[place])
        widths[longest] = max(min(widths[longest] - 1, room // len(widths)), widths[longest] - (sum(widths) - room))
    return "\n".join(_aligned(line, widths).rstrip() for line in lines)


def _aligned(line: Cells, widths: list[int]) -> str:
    first, *others = (_cut(str(cell), width) for cell, width in zip(line, widths, strict=True))
    cells = [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
    return "  ".join([f"{first:<{widths[0]}}", *cells])


def _cut(text: str, width: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"
