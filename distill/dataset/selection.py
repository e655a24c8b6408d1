"""One selection: what was found, what was decided, and what was counted on the way."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from distill.dataset.candidates import Codes, Ints, Mask, count_groups, draws_of
from distill.dataset.card import FilterFacts
from distill.dataset.files import SAMPLE_COLUMNS, Rows, SplitWriter, write_decisions
from distill.dataset.filters import Tools, parse_filters
from distill.dataset.majority import Votes, elect
from distill.dataset.mixture import Filled, Mixture, Quota, quota_numbers, scale, shortage
from distill.dataset.picking import UNLIMITED, Picks
from distill.dataset.pool import Pool
from distill.dataset.preference import mix, parse_policy, rank
from distill.dataset.readers import Ask, Part, here
from distill.dataset.reasons import FILTER_CODES, REASONS, Filtering, Reason, by_numbers
from distill.dataset.student_tokens import recount
from distill.errors import RunError
from distill.progress import say
from distill.recipe.loading import load_named
from distill.recipe.sections import SelectSection
from distill.store.row_groups import Texts, Unit


class Selection:
    """One selection: what was found, what was decided, and what was counted on the way."""

    def __init__(self, pool: Pool, settings: SelectSection, tools: Tools, ask: Ask) -> None:
        self.settings = settings
        self._ask = ask
        self._filtering = Filtering(parse_filters(settings.filters), tools)
        self.policy = parse_policy(settings.policy)
        self.votes = elect(pool, settings.vote_share, tools.equal) if settings.vote_share else Votes(pool)
        self.pool = self.votes.pool
        self.groups = count_groups(self.pool.candidates, len(pool.ids))
        self.reasons = by_numbers(self.pool.candidates, self.groups, settings)
        if settings.tokenizer is not None:
            self.pool = recount(self.pool, self.reasons == Reason.NOT_PREFERRED, settings.tokenizer, ask)
            self.reasons = by_numbers(self.pool.candidates, self.groups, settings)
        self.mixture = load_named(Mixture, settings.mixture, "mixtures") if settings.mixture else None
        self._num_examined = 0

    def write(self, folder: Path) -> None:
        """Write rows and decisions. Raises RunError where there is nothing to write, or too little."""
        draws = draws_of(self.pool.ids, self.settings.seed, "order")
        ranking = rank(self.pool.candidates, self.reasons == Reason.NOT_PREFERRED, self.policy, draws)
        quota_of = self._quota_of()
        picks = Picks(ranking, self.policy.cap, quota_of, self._targets(), draws)
        is_test = self._held_out()
        rows = Rows(self.pool, self.groups, self.votes.answers)
        with SplitWriter(folder / "data", "train") as train, SplitWriter(folder / "data", "test") as test:
            for found, samples in self._kept(picks):
                held_out = is_test[self.pool.candidates.prompt[found]]
                table = rows.table(found, samples)
                train.add(table.filter(pa.array(~held_out)))
                test.add(table.filter(pa.array(held_out)))
        self._explain_the_rest(picks, quota_of)
        self._refuse_nothing()
        self.num_held_out = int(is_test[self.pool.candidates.prompt[self.kept]].sum())
        self._refuse_short()
        write_decisions(folder / "decisions.arrow", self.pool, self.reasons, str(self.policy))

    @property
    def kept(self) -> Ints:
        """The samples that became rows."""
        return np.flatnonzero(self.reasons == Reason.KEPT)

    @property
    def filters(self) -> dict[str, FilterFacts]:
        """Of the traces that each filter was asked about, those that it dropped."""
        found: dict[str, FilterFacts] = {}
        num_left = self._num_examined
        for name in self._filtering.filters:
            num_dropped = int((self.reasons == FILTER_CODES[name]).sum())
            found[name] = FilterFacts(num_examined=num_left, num_dropped=num_dropped)
            num_left -= num_dropped
        return found

    def filled(self) -> tuple[Filled, ...]:
        """Each quota with what it got."""
        candidates, quota_of = self.pool.candidates, self._quota_of()
        rows = _counts(quota_of[candidates.prompt[self.kept]], len(self._quotas().quotas))
        prompts = _counts(quota_of, len(rows))
        samples = _counts(quota_of[candidates.prompt], len(rows))
        wanted = [None if target == UNLIMITED else int(target) for target in self._targets()]
        return tuple(
            Filled(name=str(quota), num_wanted=want, num_rows=row, num_prompts=prompt, num_samples=sample)
            for quota, want, row, prompt, sample in zip(
                self._quotas().quotas, wanted, rows, prompts, samples, strict=True
            )
        )

    def _held_out(self) -> Mask:
        """The prompts of the split `test`: drawn by their ids, whatever the seed, so that they stay held out."""
        share = self.settings.held_out
        if not share:
            return np.zeros(len(self.pool.ids), dtype=bool)
        is_test: Mask = draws_of(self.pool.ids, 0, "held-out") < np.uint64(share * 2**64)
        return is_test

    def _quotas(self) -> Mixture:
        return self.mixture or Mixture(name="everything", quotas=(Quota(rows=1),))

    def _targets(self) -> Ints:
        mixture, rows = self._quotas(), self.settings.rows
        if self.mixture is None and rows is None:
            return np.array([UNLIMITED])
        return np.array(scale(mixture, rows or mixture.num_rows))

    def _quota_of(self) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
        pool = self.pool
        codes = np.stack([pool.domain, pool.source])
        return quota_numbers(self._quotas(), pool.domains.words, pool.sources.words, codes)

    def _kept(self, picks: Picks) -> Iterator[tuple[Ints, pa.Table]]:
        """Rounds of looking at candidates until the quotas are full or nothing is left; gives what stays."""
        texts = Texts(self.pool.sample_units, SAMPLE_COLUMNS)
        while len(pending := picks.next_round()):
            parts = _shuffled(texts.by_unit(pending), self.settings.seed)
            for (unit, found), codes in zip(parts, self._codes(texts, parts), strict=True):
                stays = self._filtered(picks, unit, found, codes, texts)
                if len(stays):
                    stays = _shuffled_rows(stays, self.settings.seed)
                    self.reasons[stays] = Reason.KEPT
                    yield stays, texts.group(unit).take(pa.array(stays - unit.first))

    def _codes(self, texts: Texts, parts: Sequence[Part]) -> Iterator[Ints]:
        """What the filters say of candidates."""
        if not self._filtering.filters:
            return (np.full(len(found), Reason.KEPT) for _, found in parts)
        self._num_examined += sum(len(found) for _, found in parts)
        return self._ask(self._filtering, texts, parts)

    def _filtered(self, picks: Picks, unit: Unit, found: Ints, codes: Ints, texts: Texts) -> Ints:
        """Those of a row group that no filter drops, with replacements where these stand in the same row group."""
        stays: list[int] = []
        while len(found):
            stays += found[codes == Reason.KEPT].tolist()
            dropped = found[codes != Reason.KEPT]
            self.reasons[dropped] = codes[codes != Reason.KEPT]
            others = (
                picks.drop(prompt, unit.first, unit.last) for prompt in self.pool.candidates.prompt[dropped].tolist()
            )
            found = np.array([other for other in others if other is not None], dtype=np.int64)
            if len(found):  # few, and this process has their row group at hand
                self._num_examined += len(found)
                (codes,) = here(self._filtering, texts, [(unit, found)])
        return np.sort(np.array(stays, dtype=np.int64))

    def _explain_the_rest(self, picks: Picks, quota_of: np.ndarray[tuple[int], np.dtype[np.int32]]) -> None:
        """Say of every candidate that was good enough why it was not taken."""
        candidates = self.pool.candidates
        good = np.flatnonzero(self.reasons == Reason.NOT_PREFERRED)
        quota = quota_of[candidates.prompt[good]]
        has_row = np.bincount(candidates.prompt[self.kept], minlength=len(self.pool.ids)) > 0
        is_full = (picks.num_missing[quota] == 0) & ~has_row[candidates.prompt[good]]
        self.reasons[good[is_full]] = Reason.QUOTA_FULL
        self.reasons[good[quota < 0]] = Reason.NO_QUOTA

    def _refuse_nothing(self) -> None:
        if len(self.kept):
            return
        counts = sorted(
            ((int((self.reasons == code).sum()), reason) for code, reason in enumerate(REASONS)), reverse=True
        )
        found = ", ".join(f"{number:,} {reason}" for number, reason in counts if number)
        names = ", ".join(str(run.path) for run in self.pool.runs)
        raise RunError(f"No sample of {names} can be kept ({found}); mend the settings, or draw more samples.")

    def _refuse_short(self) -> None:
        lack = shortage(self.filled())
        if lack is None:
            return
        if not self.settings.allow_short:
            raise RunError(f"There are too few rows: {lack}. Draw them, ask for fewer --rows, or add --allow-short.")
        say(f"select: short as allowed: {lack}.")


def _shuffled(parts: Iterator[Part], seed: int) -> list[Part]:
    """Shards in random order; row groups of one shard stay together, so that it is opened once."""
    found = list(parts)
    shards = list(dict.fromkeys(unit.shard for unit, _ in found))
    draws = mix(np.arange(len(shards), dtype=np.uint64) + np.uint64(seed << 32))
    place = dict(zip(shards, draws.tolist(), strict=True))
    return sorted(found, key=lambda part: place[part[0].shard])


def _shuffled_rows(found: Ints, seed: int) -> Ints:
    order: Ints = found[np.argsort(mix(found.astype(np.uint64) + np.uint64(seed << 40)), kind="stable")]
    return order


def _counts(codes: Codes | Ints | np.ndarray[tuple[int], np.dtype[np.int32]], number: int) -> list[int]:
    """How often each of `number` codes occurs; negative ones are none."""
    counts: list[int] = np.bincount(codes[codes >= 0], minlength=number).tolist()
    return counts
