"""How long traces are, by domain. Pure."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from distill.audit.facts import DomainLengths, LengthBin

QUANTILES = (5, 25, 50, 75, 95, 99)
BINS_AN_OCTAVE = 2
"""A bar is 1.41 times as long as the one before it: traces of one set differ by a factor of a thousand."""
MIN_PILE, MIN_PILE_SHARE = 10, 0.01
"""So many traces of one set that are equally long to the token, and none is longer, were ended by a limit."""
MAX_SHORTEST = 0.5
"""Of the limit: where no trace is shorter than that, lengths are no lengths, but a setting."""

Lengths = npt.NDArray[np.int64]


def lengths_by_domain(lengths: Lengths, domains: npt.NDArray[np.int64], names: Sequence[str]) -> list[DomainLengths]:
    """The lengths of each domain, the largest domain first; `domains` has for each length the place of its name."""
    nums = np.bincount(domains, minlength=len(names))
    order = sorted(np.flatnonzero(nums).tolist(), key=lambda place: -nums[place])
    return [_lengths(names[place], lengths[domains == place]) for place in order]


def limit_of(counts: Lengths) -> int | None:
    """The length at which many traces end together and that none exceeds; None where there is none."""
    if not len(counts):
        return None
    most = int(counts.max())
    num = int((counts == most).sum())
    is_pile = num >= max(MIN_PILE, MIN_PILE_SHARE * len(counts)) and counts.min() <= MAX_SHORTEST * most
    return most if is_pile else None


def _lengths(name: str, lengths: Lengths) -> DomainLengths:
    quantiles = np.percentile(lengths, QUANTILES, method="lower")
    return DomainLengths(
        domain=name,
        num_traces=len(lengths),
        mean=float(lengths.mean()),
        shortest=int(lengths.min()),
        longest=int(lengths.max()),
        quantiles={f"p{rank:02}": int(value) for rank, value in zip(QUANTILES, quantiles, strict=True)},
        bins=tuple(_bins(lengths)),
    )


def _bins(lengths: Lengths) -> list[LengthBin]:
    """Bars from the shortest to the longest, empty ones between them included."""
    first, last = (int(np.floor(np.log2(max(int(end), 1)) * BINS_AN_OCTAVE)) for end in (lengths.min(), lengths.max()))
    edges = np.unique(np.ceil(2.0 ** (np.arange(first, last + 2) / BINS_AN_OCTAVE)).astype(np.int64))
    edges[0] = min(edges[0], lengths.min())
    edges[-1] = max(edges[-1], lengths.max() + 1)
    nums, _ = np.histogram(lengths, np.append(edges[:-1], edges[-1] - 0.5))
    return [
        LengthBin(low=low, high=high, num=num)
        for low, high, num in zip(edges[:-1].tolist(), edges[1:].tolist(), nums.tolist(), strict=True)
    ]
