"""What may be chosen from a pool and what is, as records, and the two functions that make them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from distill.dataset.candidates import Codes, GroupCounts, Ints, Small, count_groups, draws_of
from distill.dataset.card_facts import FilterFacts
from distill.dataset.detectors import Tools
from distill.dataset.filters import parse_filters
from distill.dataset.left_out import Remedies, option
from distill.dataset.majority import Votes, elect
from distill.dataset.mixture import Filled, Mixture, Quota, quota_numbers, scale, shortage
from distill.dataset.picking import UNLIMITED, Picks
from distill.dataset.pool import CandidatePool
from distill.dataset.preference import Preference, parse_preference, rank
from distill.dataset.readers import Ask, here
from distill.dataset.reasons import FILTER_CODES, REASONS, Filtering, Reason, by_numbers
from distill.dataset.rounds import Rounds
from distill.dataset.student_tokens import recount
from distill.errors import RunError
from distill.progress import say
from distill.recipe.loading import load_named
from distill.recipe.sections import SelectSection

Take = Callable[[Ints, pa.Table], None]
"""Takes samples that become rows, in the order of the dataset, with what is stored of them (SAMPLE_COLUMNS)."""


@dataclass(frozen=True, slots=True)
class Prospects:
    """What numbers alone decide: which samples may become rows."""

    settings: SelectSection
    preference: Preference
    votes: Votes
    pool: CandidatePool
    """As the votes decided, with the lengths that the student's tokenizer counts."""
    groups: GroupCounts
    reasons: Codes
    """NOT_PREFERRED for every sample that may become a row, else what keeps it out."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which prospects become rows, and what became of the others."""

    prospects: Prospects
    reasons: Codes
    """What became of each sample; see REASONS."""
    quotas: tuple[Filled, ...]
    """What each quota got. Without quotas there is one, for everything."""
    filters: Mapping[str, FilterFacts]

    @property
    def kept(self) -> Ints:
        """The samples that become rows, in stored order."""
        return np.flatnonzero(self.reasons == Reason.KEPT)


def weigh(pool: CandidatePool, settings: SelectSection, tools: Tools, ask: Ask = here) -> Prospects:
    """What the numbers of a pool decide, its votes counted; `tools` is what votes ask, and `ask` reads texts."""
    votes = elect(pool, settings.vote_share, tools.equal) if settings.vote_share else Votes(pool)
    pool, groups, reasons = _by_numbers(votes.pool, settings, ask)
    return Prospects(settings, parse_preference(settings.policy), votes, pool, groups, reasons)


def choose(prospects: Prospects, tools: Tools, take: Take, ask: Ask = here) -> Selection:
    """Choose among prospects; `tools` is what filters ask, and `ask` reads texts.

    Each chosen sample is given to `take` while its row group is at hand: texts are read once. Raises RunError where
    nothing can be kept, or where a quota cannot be filled and `allow_short` is off.
    """
    settings, pool = prospects.settings, prospects.pool
    filtering, wanted = Filtering(parse_filters(settings.filters), tools), _wanted(pool, settings)
    picks = _picks(pool, prospects.reasons, prospects.preference, wanted, settings.seed)
    rounds = Rounds(pool, picks, prospects.reasons, filtering, settings.seed, ask)
    for found, samples in rounds.run():
        take(found, samples)
    reasons = _explained(pool, rounds.reasons, picks.num_missing, wanted.quota_of)
    quotas = _filled(pool, reasons, wanted)
    _refuse_nothing(pool, reasons, settings)
    _refuse_short(quotas, settings)
    filters = _filter_facts(filtering.filters, reasons, rounds.num_examined)
    return Selection(prospects, reasons, quotas, filters)


class _Wanted(NamedTuple):
    """How many rows of which prompts are wanted."""

    quotas: Sequence[Quota]
    targets: Ints
    """Rows of each quota, or UNLIMITED."""
    quota_of: Small
    """The quota of every prompt, -1: none."""


def _wanted(pool: CandidatePool, settings: SelectSection) -> _Wanted:
    """The mixture scaled to the rows asked for; without a mixture one quota holds everything."""
    named = load_named(Mixture, settings.mixture, "mixtures") if settings.mixture else None
    mixture = named or Mixture(name="everything", quotas=(Quota(rows=1),))
    is_limited = named is not None or settings.rows is not None
    targets = scale(mixture, settings.rows or mixture.num_rows) if is_limited else [UNLIMITED]
    kinds = [
        (pool.domains.words, pool.domain),
        (pool.sources.words, pool.source),
        (pool.languages.words, pool.language),
        (pool.licenses.words, pool.license),
    ]
    return _Wanted(mixture.quotas, np.array(targets), quota_numbers(mixture, kinds))


def _by_numbers(pool: CandidatePool, settings: SelectSection, ask: Ask) -> tuple[CandidatePool, GroupCounts, Codes]:
    """What numbers alone decide; with a student's tokenizer, its counts replace the teacher's."""
    groups = count_groups(pool.candidates, len(pool.ids))
    reasons = by_numbers(pool.candidates, groups, settings)
    if settings.tokenizer is None:
        return pool, groups, reasons
    pool = recount(pool, reasons == Reason.NOT_PREFERRED, settings.tokenizer, ask)
    return pool, groups, by_numbers(pool.candidates, groups, settings)


def _picks(pool: CandidatePool, reasons: Codes, preference: Preference, wanted: _Wanted, seed: int) -> Picks:
    draws = draws_of(pool.ids, seed, "order")
    ranking = rank(pool.candidates, reasons == Reason.NOT_PREFERRED, preference, draws)
    return Picks(ranking, preference.cap, wanted.quota_of, wanted.targets, draws)


def _explained(pool: CandidatePool, reasons: Codes, num_missing: Ints, quota_of: Small) -> Codes:
    """The reasons, in which every candidate that was good enough and not taken has its own."""
    prompt, explained = pool.candidates.prompt, reasons.copy()
    good = np.flatnonzero(reasons == Reason.NOT_PREFERRED)
    quota = quota_of[prompt[good]]
    has_row = np.bincount(prompt[reasons == Reason.KEPT], minlength=len(pool.ids)) > 0
    explained[good[(num_missing[quota] == 0) & ~has_row[prompt[good]]]] = Reason.QUOTA_FULL
    explained[good[quota < 0]] = Reason.NO_QUOTA
    return explained


def _filled(pool: CandidatePool, reasons: Codes, wanted: _Wanted) -> tuple[Filled, ...]:
    """Each quota with what it got."""
    of_sample = wanted.quota_of[pool.candidates.prompt]
    found = (of_sample[reasons == Reason.KEPT], wanted.quota_of, of_sample)
    counts = (np.bincount(codes[codes >= 0], minlength=len(wanted.quotas)).tolist() for codes in found)
    targets = [None if target == UNLIMITED else int(target) for target in wanted.targets]
    return tuple(
        Filled(
            name=str(quota),
            num_wanted=target,
            num_rows=row,
            num_prompts=prompt,
            num_samples=sample,
            prompts=quota.prompts,
        )
        for quota, target, row, prompt, sample in zip(wanted.quotas, targets, *counts, strict=True)
    )


def _filter_facts(filters: Sequence[str], reasons: Codes, num_examined: int) -> dict[str, FilterFacts]:
    """Of the traces that each filter was asked about, those that it dropped."""
    found: dict[str, FilterFacts] = {}
    for name in filters:
        num_dropped = int((reasons == FILTER_CODES[name]).sum())
        found[name] = FilterFacts(num_examined=num_examined, num_dropped=num_dropped)
        num_examined -= num_dropped
    return found


def decided_by_run(pool: CandidatePool, reasons: Codes) -> list[dict[str, int]]:
    """What became of the samples of each run, in words."""
    counts = np.zeros((len(pool.runs), len(REASONS)), dtype=np.int64)
    for unit in pool.sample_units:
        counts[unit.run] += np.bincount(reasons[unit.first : unit.last], minlength=len(REASONS))
    return [{word: number for word, number in zip(REASONS, line, strict=True) if number} for line in counts.tolist()]


def _refuse_nothing(pool: CandidatePool, reasons: Codes, settings: SelectSection) -> None:
    if (reasons == Reason.KEPT).any():
        return
    counts = sorted(((int((reasons == code).sum()), reason) for code, reason in enumerate(REASONS)), reverse=True)
    found = ", ".join(f"{number:,} {reason}" for number, reason in counts if number)
    names = [str(run.path) for run in pool.runs]
    remedies = Remedies(settings, list(zip(names, decided_by_run(pool, reasons), strict=True)))
    ways = [f"{reason}: {way}" for number, reason in counts if number and (way := option(reason, remedies))]
    mend = "; ".join(ways) or "mend the settings, or draw more samples"
    raise RunError(f"No sample of {', '.join(names)} can be kept ({found}). To change it: {mend}.")


def _refuse_short(quotas: Sequence[Filled], settings: SelectSection) -> None:
    lack = shortage(quotas)
    if lack is None:
        return
    if not settings.allow_short:
        raise RunError(f"There are too few rows: {lack}. Draw them, ask for fewer --rows, or add --allow-short.")
    say(f"select: short as allowed: {lack}.")
