"""Whether a training prompt is a benchmark's problem in other clothes.

A benchmark's problems are indexed by the rarest words, pairs and triples of their content. A prompt that shares
some of them, and may have the problem's numbers, is then compared with the few problems that it may be a copy of,
and is one by any of three rules:

verbatim   most runs of three content words of the problem stand in the prompt, which may be longer
reworded   most of its words stand there, many side by side, and the formulas have the same parts
misspelt   the sorted content of both differs in a few letters only, and the numbers are the same

A problem with other numbers is another problem. Each word, pair or triple weighs by how rare it is in the
benchmarks (inverse document frequency), so what all of their problems share counts for little.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

from distill.prompts.overlap.chunk import Flags, Places, Shared, TokenChunk, Values, compare
from distill.prompts.overlap.content import UNKNOWN, content
from distill.prompts.overlap.problems import MAX_OTHER_NUMBERS, Problems
from distill.prompts.overlap.runs import FORMULA, NUMBER, Runs, runs_of
from distill.prompts.overlap.spelling import spelled
from distill.prompts.overlap.text import tokens

MIN_SAME_LETTERS = 90
"""Percent of the letters of both, sorted by words."""
MIN_SAME_FORMULAS = 0.3
"""Of the weight of a problem's pairs with a number or sign."""
SHORT = 12
"""Content words under which a problem says too little for loose rules."""
MAX_FRAMING = 20
"""Content words around a short problem that stands whole and alone in the prompt: a friendly request."""
SHORTEST = 7
"""Content words under which even the whole problem may stand in another one by chance."""

Amounts = npt.NDArray[np.float64]


class Match(NamedTuple):
    """The benchmark problem that a prompt repeats."""

    problem: str
    """Where the problem stands: its file and row."""
    score: float
    """0 to 1: how much of the problem's content, by weight, the prompt has."""
    rule: str
    """`verbatim`, `reworded` or `misspelt`."""


class Likeness(NamedTuple):
    """How prompts resemble problems, pair by pair; shares are of the problem's weight, 0 to 1."""

    words: Amounts
    pairs: Amounts
    triples: Amounts
    pairs_in_formulas: Amounts
    """Of those with a number or sign: `8 red and 6 blue` are not `6 red and 8 blue`."""
    num_missing: Amounts
    """Parts of the problem's formulas that the prompt lacks."""
    num_surplus: Amounts
    """Parts of the prompt's formulas that the problem lacks."""
    num_surplus_words: Amounts
    """Other content words that the prompt has and the problem lacks."""

    @property
    def score(self) -> Amounts:
        """How much of the problem's content the prompt has."""
        return ((self.words + self.pairs + self.triples) / 3).round(4)


class Benchmarks:
    """The problems that must not be trained on."""

    def __init__(
        self,
        problems: Sequence[tuple[str, str]],
        difference: Callable[[str, str], str | None] = lambda _problem, _prompt: None,
    ) -> None:
        """Index problems, each given by its label and its text. One without content is left out.

        `difference` says in what a prompt differs that looks like a problem, where that makes it another one.
        """
        found = content(tokens([text for _, text in problems]))
        self._problems = [problem for problem, size in zip(problems, np.diff(found.starts), strict=True) if size]
        self._content = found._replace(starts=np.unique(found.starts))
        self._index = Problems(self._content)
        self._difference = difference

    def __len__(self) -> int:
        return len(self._problems)

    def match(self, texts: Sequence[str], found: TokenChunk) -> list[Match | None]:
        """For each text, whose content is given, the problem that it repeats, if it does: of several the most alike."""
        matches: list[Match | None] = [None] * len(texts)
        if not self._problems or not len(found.ids):
            return matches
        runs = runs_of(found)
        prompts, problems = self._index.candidates(found, runs)
        same = self._has_numbers(problems, prompts, runs)
        prompts, problems = prompts[same], problems[same]
        likeness = self._compare(problems, prompts, runs)
        rules = self._rules(likeness, problems, prompts, found)
        score = likeness.score
        for place in np.lexsort((problems, likeness.num_surplus, -score)).tolist():
            prompt, (label, text) = int(prompts[place]), self._problems[problems[place]]
            if rules[place] and matches[prompt] is None and self._difference(text, texts[prompt]) is None:
                matches[prompt] = Match(label, float(score[place]), rules[place])
        return matches

    def _has_numbers(self, problems: Places, prompts: Places, runs: Runs) -> Flags:
        """Whether prompts have the problems' numbers, but for very few."""
        ours, theirs = self._index.runs.values(problems, 1), runs.values(prompts, 1)
        numbers = compare(*(side.where(side.values & NUMBER > 0) for side in (ours, theirs)))
        missing = numbers.total(np.maximum(numbers.num_first - numbers.num_second, 0), len(problems))
        surplus = numbers.total(np.maximum(numbers.num_second - numbers.num_first, 0), len(problems))
        are_few = np.minimum(missing, surplus) <= MAX_OTHER_NUMBERS * self._index.num_math[problems]
        return are_few & (missing <= MAX_OTHER_NUMBERS * self._index.num_words[problems])

    def _compare(self, problems: Places, prompts: Places, runs: Runs) -> Likeness:
        num_pairs = len(problems)
        words = compare(self._weighed(problems, 1), runs.values(prompts, 1))
        missing = np.maximum(words.num_first - words.num_second, 0)
        surplus = np.maximum(words.num_second - words.num_first, 0)
        in_formula = words.values & FORMULA
        lost = words.total(words.weights * (0.9 * (missing > 0) + 0.1 * missing), num_pairs)
        whole = words.total(words.weights * (0.9 * (words.num_first > 0) + 0.1 * words.num_first), num_pairs)
        pairs = compare(self._weighed(problems, 2), runs.values(prompts, 2))
        triples = compare(self._weighed(problems, 3), runs.values(prompts, 3))
        return Likeness(
            words=1 - lost / whole,  # each word counts once, and by a tenth for each time that it is repeated
            pairs=_share(pairs, pairs.weights, num_pairs),
            triples=_share(triples, triples.weights, num_pairs),
            pairs_in_formulas=_share(pairs, pairs.weights * (pairs.values & FORMULA), num_pairs),
            num_missing=words.total(missing * in_formula, num_pairs),
            num_surplus=words.total(surplus * in_formula, num_pairs),
            num_surplus_words=words.total(surplus * (1 - in_formula.astype(np.int64)), num_pairs),
        )

    def _weighed(self, problems: Places, length: int) -> Values:
        """The runs of problems, with how much each weighs."""
        places, pairs = self._index.runs.places(problems, length)
        values = self._index.runs.by_length[length - 1][places].astype(np.uint32)
        return Values(pairs, values, self._index.weights[length - 1][places])

    def _rules(self, likeness: Likeness, problems: Places, prompts: Places, found: TokenChunk) -> list[str]:
        """The first rule by which each prompt repeats a problem; empty where there is none."""
        num_words, num_math = self._index.num_words[problems], self._index.num_math[problems]
        share = np.where(num_words >= SHORT, 0.8, 0.98)
        is_verbatim = (num_words >= SHORTEST) & (likeness.triples >= share) & (likeness.words >= share)
        num_slips = num_words // 20 + 0.1 * num_math
        is_formula_same = (likeness.num_missing <= num_slips) & (likeness.num_surplus <= 1 + num_slips)
        is_formula_same &= likeness.pairs_in_formulas >= MIN_SAME_FORMULAS
        is_reworded = is_formula_same & _are_reworded(likeness, num_words)
        rules: list[str] = np.where(is_verbatim, "verbatim", np.where(is_reworded, "reworded", "")).tolist()
        for place in np.flatnonzero(is_formula_same & ~is_verbatim & ~is_reworded).tolist():
            ours, theirs = _letters(self._content, int(problems[place])), _letters(found, int(prompts[place]))
            if fuzz.ratio(ours, theirs, score_cutoff=MIN_SAME_LETTERS):
                rules[place] = "misspelt"
        return rules


def _share(found: Shared, weights: Amounts, num_pairs: int) -> Amounts:
    """How much of problems' runs the prompts have; all of it where a problem is too short to have any."""
    whole = found.total(weights * (found.num_first > 0), num_pairs)
    common = found.total(weights * ((found.num_first > 0) & (found.num_second > 0)), num_pairs)
    return np.where(whole > 0, common / np.maximum(whole, 1e-9), 1.0)


def _are_reworded(likeness: Likeness, num_words: Places) -> Flags:
    is_long = (likeness.words >= 0.8) & (likeness.pairs >= 0.5) & (likeness.triples >= 0.25)
    is_whole = (num_words >= 3) & (np.minimum(likeness.pairs, likeness.triples) >= 0.98)
    max_words = np.where(is_whole, MAX_FRAMING, num_words + 2)
    is_alone = (likeness.num_surplus_words <= max_words) & (likeness.num_surplus <= 1)
    is_short = is_alone & (likeness.words >= 0.95) & (likeness.pairs >= 0.6) & (likeness.num_missing == 0)
    return np.where(num_words >= SHORT, is_long, is_short)


def _letters(chunk: TokenChunk, number: int) -> str:
    """The content words of a text, sorted."""
    ids = chunk.ids[chunk.starts[number] : chunk.starts[number + 1]]
    named = zip(ids == UNKNOWN, chunk.words(number), strict=True)
    return " ".join(sorted("·" if is_unknown else spelled(word) for is_unknown, word in named))
