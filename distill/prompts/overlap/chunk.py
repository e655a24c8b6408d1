"""The tokens of many texts as arrays: what all comparing of texts works on."""

from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)


class TokenChunk(NamedTuple):
    """The tokens of texts, one text after the other."""

    ids: Ids
    """A number for each token, equal for tokens that are compared as equal; its last bits are the token's `Kind`."""
    starts: Places
    """Where the tokens of each text begin, and where those of the last one end."""
    text: bytes
    """What the tokens were read from, in UTF-8."""
    begins: Places
    """Where in `text` each token begins."""
    ends: Places

    @property
    def num_texts(self) -> int:
        """How many texts there are."""
        return len(self.starts) - 1

    def numbers(self) -> Places:
        """For each token the number of its text."""
        return np.repeat(np.arange(self.num_texts), np.diff(self.starts))

    def select(self, wanted: Flags) -> "TokenChunk":
        """The same texts with some of their tokens."""
        starts: Places = np.append(0, np.cumsum(wanted))[self.starts]
        return TokenChunk(self.ids[wanted], starts, self.text, self.begins[wanted], self.ends[wanted])

    def take(self, texts: Places) -> "TokenChunk":
        """Some of the texts."""
        begins, ends = self.starts[texts], self.starts[texts + 1]
        places, starts = gather(begins, ends), np.append(0, np.cumsum(ends - begins))
        return TokenChunk(self.ids[places], starts, self.text, self.begins[places], self.ends[places])

    def words(self, number: int) -> list[str]:
        """The tokens of one text as they stand there, for whatever has to look at letters."""
        places = slice(self.starts[number], self.starts[number + 1])
        spans = zip(self.begins[places].tolist(), self.ends[places].tolist(), strict=True)
        return [self.text[begin:end].decode() for begin, end in spans]


def sums(values: npt.NDArray[Scalar], begins: Places, ends: Places) -> npt.NDArray[Scalar]:
    """The sums of values from each begin to each end; sums of unsigned numbers wrap around."""
    running = np.zeros(len(values) + 1, values.dtype)
    np.cumsum(values, out=running[1:])
    return running[ends] - running[begins]


def mixed(values: Ids) -> Ids:
    """The same numbers with their bits spread (the finalizer of MurmurHash3)."""
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    values = (values ^ (values >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return values ^ (values >> np.uint64(33))


def run_places(lengths: Places) -> Places:
    """0, 1, 2 … within each run of the given lengths."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths)


class Shared(NamedTuple):
    """How often each value stands in the first and in the second of many pairs of texts."""

    pairs: Places
    """The number of the pair."""
    values: npt.NDArray[np.uint32]
    num_first: Places
    num_second: Places
    weights: npt.NDArray[np.float64]
    """Of the value where it stands in the first."""

    def total(self, counts: npt.NDArray[np.generic], num_pairs: int) -> npt.NDArray[np.float64]:
        """The sum of counts for each pair."""
        return np.bincount(self.pairs, counts, num_pairs).astype(np.float64)

    def with_unseen(self, weight: float) -> "Shared":
        """The same with a weight for what the first does not have."""
        return self._replace(weights=np.where(self.num_first > 0, self.weights, weight))


class Values(NamedTuple):
    """Values of the texts of pairs: one side of a comparison."""

    pairs: Places
    values: npt.NDArray[np.uint32]
    weights: npt.NDArray[np.float64] | None = None

    def where(self, wanted: Flags) -> "Values":
        """Some of them."""
        weights = None if self.weights is None else self.weights[wanted]
        return Values(self.pairs[wanted], self.values[wanted], weights)


def compare(first: Values, second: Values) -> Shared:
    """Compare both sides of many pairs of texts."""
    keys = np.concatenate([first.pairs, second.pairs]).astype(np.uint64) << np.uint64(32)
    keys |= np.concatenate([first.values, second.values])
    order = np.argsort(keys)
    keys = keys[order]
    begins = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
    num_all = np.diff(np.append(begins, len(keys)))
    num_first = np.add.reduceat((order < len(first.pairs)).astype(np.int64), begins) if len(keys) else num_all
    weights = np.empty(0)
    if first.weights is not None and len(keys):
        weights = np.maximum.reduceat(np.append(first.weights, np.zeros(len(second.pairs)))[order], begins)
    found = keys[begins]
    pairs = (found >> np.uint64(32)).astype(np.int64)
    return Shared(pairs, found.astype(np.uint32), num_first, num_all - num_first, weights)


def gather(starts: Places, ends: Places) -> Places:
    """The places from each start to its end, one run after the other."""
    lengths = ends - starts
    return np.repeat(starts, lengths) + run_places(lengths)
