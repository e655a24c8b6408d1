"""Numbers and texts of an audit as its page says them. Pure."""

from collections.abc import Mapping
from math import floor, log10

from distill.audit.facts import Proportion

MAX_CHARS = 2_000
"""Of an excerpt; what is longer is cut, and the page says by how much."""
MAX_LINES = 12
"""Of a table whose keys a dataset names; the others are told as one line."""


def percent(share: float) -> str:
    """A share, as exact as it must be to be neither 0 nor 1 where it is not.

    >>> [percent(share) for share in (0.0, 0.00012, 0.0231, 0.5, 0.9996, 1.0)]
    ['0%', '0.012%', '2.3%', '50.0%', '99.960%', '100%']
    """
    rest = min(share, 1 - share)
    if rest < 1e-9:  # no count gives such a share; sums of an interval do
        return f"{share:.0%}"
    return f"{100 * share:.{max(1, 1 - floor(log10(100 * rest)))}f}%"


def proportion(found: Proportion) -> str:
    """`230 of 10,000; 95% interval 2.0% to 2.6%`."""
    return f"{found.num:,} of {found.num_examined:,}; 95% interval {interval(found)}"


def interval(found: Proportion) -> str:
    """`2.0% to 2.6%`."""
    return f"{percent(found.low)} to {percent(found.high)}"


def cut(text: str) -> str:
    """The text, or its beginning and how much is missing."""
    return text if len(text) <= MAX_CHARS else f"{text[:MAX_CHARS]}\n… {len(text) - MAX_CHARS:,} more characters"


def most(counts: Mapping[str, int], rest: str = "others") -> dict[str, int]:
    """The largest counts, and the sum of what is left.

    >>> most({"a": 1, "b": 3})
    {'b': 3, 'a': 1}
    """
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    if len(ordered) <= MAX_LINES:
        return dict(ordered)
    left = ordered[MAX_LINES - 1 :]
    return {**dict(ordered[: MAX_LINES - 1]), f"{len(left):,} {rest}": sum(count for _, count in left)}
