"""Reads the texts of candidates in rounds, until the quotas are full or nothing is left."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from distill.dataset.candidates import Codes, Ints, mix
from distill.dataset.picking import Picks
from distill.dataset.pool import CandidatePool
from distill.dataset.readers import Ask, Part, here
from distill.dataset.reasons import Filtering, Reason
from distill.dataset.row_builder import SAMPLE_COLUMNS
from distill.store.row_groups import Texts, Unit


class Rounds:
    """One walk through the candidates of a pool, with what was decided on the way."""

    def __init__(
        self, pool: CandidatePool, picks: Picks, reasons: Codes, filtering: Filtering, seed: int, ask: Ask
    ) -> None:
        """`reasons` says what numbers have decided of each sample."""
        self.reasons = reasons.copy()
        """What numbers and filters have decided."""
        self.num_examined = 0
        """Traces that filters were asked about."""
        self._prompt = pool.candidates.prompt
        self._texts = Texts(pool.sample_units, SAMPLE_COLUMNS)
        self._picks = picks
        self._filtering = filtering
        self._seed = seed
        self._ask = ask

    def run(self) -> Iterator[tuple[Ints, pa.Table]]:
        """The samples that stay, in the order in which a dataset holds them, with what is stored of them."""
        while len(pending := self._picks.next_round()):
            parts = _shuffled(self._texts.by_unit(pending), self._seed)
            for (unit, found), codes in zip(parts, self._codes(parts), strict=True):
                stays = self._filtered(unit, found, codes)
                if len(stays):
                    self.reasons[stays] = Reason.KEPT
                    stays = _shuffled_rows(stays, self._seed)
                    yield stays, self._texts.rows(unit, stays)

    def _codes(self, parts: Sequence[Part]) -> Iterator[Ints]:
        """What the filters say of candidates."""
        if not self._filtering.filters:
            return (np.full(len(found), Reason.KEPT) for _, found in parts)
        self.num_examined += sum(len(found) for _, found in parts)
        return self._ask(self._filtering, self._texts, parts)

    def _filtered(self, unit: Unit, found: Ints, codes: Ints) -> Ints:
        """Those of a row group that no filter drops, with replacements where these stand in the same row group."""
        stays: list[int] = []
        while len(found):
            stays += found[codes == Reason.KEPT].tolist()
            dropped = found[codes != Reason.KEPT]
            self.reasons[dropped] = codes[codes != Reason.KEPT]
            others = (self._picks.drop(prompt, unit.first, unit.last) for prompt in self._prompt[dropped].tolist())
            found = np.array([other for other in others if other is not None], dtype=np.int64)
            if len(found):  # few, and this process has their row group at hand
                self.num_examined += len(found)
                (codes,) = here(self._filtering, self._texts, [(unit, found)])
        return np.sort(np.array(stays, dtype=np.int64))


def _shuffled(parts: Iterator[Part], seed: int) -> list[Part]:
    """Shards in random order; row groups of one shard stay together, so that it is opened once."""
    found = list(parts)
    shards = list(dict.fromkeys(unit.shard for unit, _ in found))
    draws = mix(np.arange(len(shards), dtype=np.uint64) + _rotated(seed, 32))
    place = dict(zip(shards, draws.tolist(), strict=True))
    return sorted(found, key=lambda part: place[part[0].shard])


def _shuffled_rows(found: Ints, seed: int) -> Ints:
    order: Ints = found[np.argsort(mix(found.astype(np.uint64) + _rotated(seed, 40)), kind="stable")]
    return order


def _rotated(seed: int, num_bits: int) -> np.uint64:
    """A seed of 64 bits rotated to the left: small seeds leave the low bits free for positions, and no bit is lost."""
    seed %= 2**64
    return np.uint64((seed << num_bits | seed >> 64 - num_bits) % 2**64)
