"""Numbers and tables as people read them: short counts, shares, durations, Markdown."""

from collections.abc import Iterable, Sequence

Cells = Sequence[str | int]
_RULES = {"l": "---", "r": "---:", "c": ":---:"}


def short_count(number: int) -> str:
    """Three digits and a unit: `4.3 B`, `16.8 M`, `950`."""
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if number >= size:
            return f"{number / size:,.3g} {letter}" if number < 999.5 * size else f"{number / size:,.0f} {letter}"
    return str(number)


def share(part: int, whole: int) -> str:
    """`12.5%`; a dash where the whole is nothing."""
    return f"{part / whole:.1%}" if whole else "–"


def count_and_share(part: int, whole: int) -> str:
    """`1,250 (12.5%)`; the count alone where the whole is nothing."""
    return f"{part:,} ({part / whole:.1%})" if whole else f"{part:,}"


def counted(number: int, noun: str) -> str:
    """`1 line`, `1,250 lines`, of a noun that takes an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def or_left_out(number: float | None) -> str:
    """`0.6`; None is what was left to the endpoint."""
    return "left out" if number is None else f"{number:g}"


def duration(seconds: float) -> str:
    """`2 h 5 min`, `3 min 20 s`, `4.2 s`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def markdown_table(head: Sequence[str], rows: Iterable[Cells], alignment: str = "") -> str:
    """A table in Markdown. `alignment` has `l`, `r` or `c` for each column; by default numbers follow a name."""
    rules = [_RULES[letter] for letter in alignment or "l" + "r" * (len(head) - 1)]
    lines = [head, rules, *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: str | int) -> str:
    """Names come from users; a bar or a line break in one would end the cell."""
    return value.replace("|", "\\|").replace("\n", " ") if isinstance(value, str) else f"{value:,}"
