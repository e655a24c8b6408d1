"""Statistics of samples: what a score is, and how sure we are of it. Pure.

Every estimator uses the samples that exist: a group of 7 where 8 were asked for counts as 7.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import comb, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from distill.records import Outcome

NUM_RESAMPLES = 4000
MAX_DRAWS = 1_000_000
"""Drawn at once, to bound memory."""
Z = 1.959964
"""The normal distribution's 97.5 % point."""
Floats = NDArray[np.float64]
Groups = Sequence[Sequence[bool]]
Equal = Callable[[str, str], bool]
"""Whether two answers mean the same. It should be symmetric; it need not be transitive."""


class ConfidenceInterval(NamedTuple):
    """A mean with its 95 % confidence interval."""

    mean: float
    low: float
    high: float


class Vote(NamedTuple):
    """What one sample says, and whether that is right."""

    answer: str | None
    """None: it gives no answer, so it votes for none."""
    is_right: bool


class Majority(NamedTuple):
    """The answer that a group agrees on."""

    answer: str
    """The most frequent spelling of the class; the first given among equals."""
    members: tuple[int, ...]
    """Positions of the answers that voted for it."""
    num_votes: int
    """All answers that were given."""

    @property
    def share(self) -> float:
        """Votes for the winner / votes cast; a sample without an answer cast none."""
        return len(self.members) / self.num_votes


class Agreement(NamedTuple):
    """How two verifiers compare on the samples that both decided."""

    num_both: int
    num_agree: int
    num_pass_fail: int
    """The first passed what the second failed."""
    num_fail_pass: int
    kappa: float | None
    """Cohen's kappa, agreement beyond chance; None where chance alone would agree always, or nothing was decided."""

    @property
    def share(self) -> float | None:
        """The share of samples on which they agree; None where there are none."""
        return self.num_agree / self.num_both if self.num_both else None


class _AnswerClass(NamedTuple):
    """The answers of a group that mean the same: their most frequent spelling, and their positions."""

    spelling: str
    members: tuple[int, ...]


class _Shares(NamedTuple):
    """The share of right samples of each group, and how many samples it rests on."""

    mean: Floats
    size: NDArray[np.int64]


def pass_at_1(groups: Groups, seed: int = 0, num_resamples: int = NUM_RESAMPLES) -> ConfidenceInterval:
    """The mean over prompts of the share of right samples, with a two-level bootstrap interval.

    Prompts are resampled first, then the samples inside each, since both vary: other prompts could have been
    asked, and other samples drawn. Groups without a sample are left out; without any group all three are NaN.
    """
    shares = _shares([group for group in groups if group])
    return _two_level([(shares, 1)], seed, num_resamples)


def difference(first: Groups, second: Groups, seed: int = 0, num_resamples: int = NUM_RESAMPLES) -> ConfidenceInterval:
    """Second minus first in pass@1, paired by prompt: `first[i]` and `second[i]` answer the same prompt.

    Pairing removes what the prompts' difficulty adds to the spread. A prompt that lacks samples of either is left out.
    """
    pairs = [(one, two) for one, two in zip(first, second, strict=True) if one and two]
    arms = [(_shares([one for one, _ in pairs]), -1), (_shares([two for _, two in pairs]), 1)]
    return _two_level(arms, seed, num_resamples)


def pass_at_k(num_samples: int, num_right: int, k: int) -> float:
    """The chance that at least one of k samples is right, without bias (Chen et al. 2021, arXiv 2107.03374, eq. 1).

    It exists only for k ≤ num_samples.
    """
    return 1.0 - comb(num_samples - num_right, k) / comb(num_samples, k)


def mean_pass_at_k(groups: Groups, k: int) -> float | None:
    """pass@k averaged over the groups of at least k samples; None where there is no such group."""
    found = [pass_at_k(len(group), sum(group), k) for group in groups if len(group) >= k]
    return sum(found) / len(found) if found else None


def consensus(votes: Sequence[Vote], is_equal: Equal) -> float | None:
    """cons@k of one group of k votes: whether the answer given most often is right; None for no votes.

    Answers count together where `is_equal` says so, not by spelling. Of several largest classes each is as likely
    to be the answer, so the result is the share of those that are right. A class is right where most of it is;
    votes without an answer make no class, and a group of these alone is wrong.
    """
    largest = _largest_classes([vote.answer for vote in votes], is_equal)
    if not largest:
        return 0.0 if votes else None
    num_right = [sum(votes[place].is_right for place in found.members) for found in largest]
    is_right = [2 * num > len(found.members) for num, found in zip(num_right, largest, strict=True)]
    return sum(is_right) / len(largest)


def majority(answers: Sequence[str | None], is_equal: Equal) -> Majority | None:
    """The answer with most votes; None where nothing was answered or the first place is shared."""
    largest = _largest_classes(answers, is_equal)
    if len(largest) != 1:
        return None
    ((spelling, members),) = largest
    return Majority(spelling, members, sum(answer is not None for answer in answers))


def wilson(share: float, num: int) -> ConfidenceInterval:
    """A share of `num` trials with its interval (Wilson 1927), which holds for shares near 0 and 1 too."""
    centre = (share + Z**2 / (2 * num)) / (1 + Z**2 / num)
    spread = sqrt(share * (1 - share) / num + Z**2 / (4 * num**2)) * Z / (1 + Z**2 / num)
    return ConfidenceInterval(share, centre - spread, centre + spread)


def agreement(pairs: Iterable[tuple[Outcome, Outcome]]) -> Agreement:
    """Compare two verifiers' outcomes on the same samples; where either abstained, the pair is left out."""
    both = [(one, two) for one, two in pairs if Outcome.ABSTAIN not in (one, two)]
    num_pass_fail = sum(one is Outcome.PASS and two is Outcome.FAIL for one, two in both)
    num_fail_pass = sum(one is Outcome.FAIL and two is Outcome.PASS for one, two in both)
    num_agree = len(both) - num_pass_fail - num_fail_pass
    return Agreement(len(both), num_agree, num_pass_fail, num_fail_pass, _kappa(both, num_agree))


def _kappa(both: Sequence[tuple[Outcome, Outcome]], num_agree: int) -> float | None:
    if not both:
        return None
    first = sum(one is Outcome.PASS for one, _ in both) / len(both)
    second = sum(two is Outcome.PASS for _, two in both) / len(both)
    by_chance = first * second + (1 - first) * (1 - second)
    return None if by_chance == 1 else (num_agree / len(both) - by_chance) / (1 - by_chance)


def _largest_classes(answers: Sequence[str | None], is_equal: Equal) -> list[_AnswerClass]:
    """The classes with most votes: `0.5` and `1/2` vote for the same. None where nothing was answered.

    Spellings are compared once each, with the most frequent spelling of every class: at most
    (number of spellings)² / 2 comparisons, and none where all are spelled alike.
    """
    class_of: dict[str, str] = {}
    for spelling, _ in Counter(answer for answer in answers if answer is not None).most_common():
        firsts = dict.fromkeys(class_of.values())
        class_of[spelling] = next((first for first in firsts if is_equal(first, spelling)), spelling)
    members: dict[str, list[int]] = {first: [] for first in class_of.values()}
    for place, answer in enumerate(answers):
        if answer is not None:
            members[class_of[answer]].append(place)
    most = max(map(len, members.values()), default=0)
    return [_AnswerClass(first, tuple(places)) for first, places in members.items() if len(places) == most]


def _shares(groups: Groups) -> _Shares:
    sizes = np.array([len(group) for group in groups], dtype=np.int64)
    return _Shares(np.array([sum(group) for group in groups], dtype=np.float64) / np.maximum(sizes, 1), sizes)


def _two_level(arms: Sequence[tuple[_Shares, int]], seed: int, num_resamples: int) -> ConfidenceInterval:
    """The mean over prompts of the signed sum of `arms`, with its percentile interval.

    The spread of the observed group means contains the noise of their samples already. Resampling the samples adds
    that noise once more, and a plain two-level bootstrap then covers 98 to 99.5 % instead of 95 (Davison and Hinkley
    1997, section 3.8, show why). So the prompts' part is shrunk until both levels together have the unbiased variance
    of a group mean; for few prompts the interval is widened as Student's t is.
    """
    observed = sum((sign * shares.mean for shares, sign in arms), np.zeros(len(arms[0][0].mean)))
    num = len(observed)
    if num == 0:
        return ConfidenceInterval(float("nan"), float("nan"), float("nan"))
    mean = float(observed.mean())
    spread = float(observed.var())
    noise = sum(float(np.mean(s.mean * (1 - s.mean) / s.size)) for s, _ in arms)
    if spread == 0 and noise == 0:
        return _unvaried(mean, num, len(arms))
    shrink = sqrt(max(0.0, num / max(num - 1, 1) - noise / spread)) if spread else 0.0
    rng = np.random.default_rng(seed)
    at_once = max(1, min(num_resamples, MAX_DRAWS // num))
    parts = [_moved(arms, observed, shrink, (at_once, rng)) for _ in range(-(-num_resamples // at_once))]
    low, high = mean + np.quantile(np.concatenate(parts), (0.025, 0.975)) * (1 + (Z * Z + 1) / (4 * max(num - 1, 1)))
    least = float(1 - len(arms))
    return ConfidenceInterval(mean, float(max(low, least)), float(min(high, 1.0)))


def _moved(
    arms: Sequence[tuple[_Shares, int]], observed: Floats, shrink: float, draw: tuple[int, np.random.Generator]
) -> Floats:
    """How far the means of some resamples lie from the observed one.

    Drawing `size` samples with replacement from a group of right and wrong ones is a binomial draw.
    """
    num_resamples, rng = draw
    drawn = rng.integers(len(observed), size=(num_resamples, len(observed)))
    moved = shrink * (observed[drawn].mean(axis=1) - observed.mean())
    for shares, sign in arms:
        mean, size = shares.mean[drawn], shares.size[drawn]
        moved = moved + sign * (rng.binomial(size, mean) / size - mean).mean(axis=1)
    return np.asarray(moved, dtype=np.float64)


def _unvaried(mean: float, num: int, num_arms: int) -> ConfidenceInterval:
    """Where every sample fared alike, resampling sees no spread; Wilson's bound for `num` prompts still does."""
    margin = wilson(0.0, num).high
    return ConfidenceInterval(mean, max(mean - margin, float(1 - num_arms)), min(mean + margin, 1.0))
