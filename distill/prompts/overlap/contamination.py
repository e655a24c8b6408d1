"""Whether a training prompt is a benchmark's problem in other clothes.

A benchmark's problems are indexed by the rarest words, pairs and triples of their content. A prompt that shares
some of them is then compared with the few problems that it may be a copy of, and is one by any of three rules:

verbatim   most runs of three content words of the problem stand in the prompt, which may be longer
reworded   most of its words stand there, many side by side, and the formulas have the same parts
misspelt   the sorted content of both differs in a few letters only, and the numbers are the same

A problem with other numbers is another problem. Each word, pair or triple weighs by how rare it is in the
benchmarks (inverse document frequency), so what all of their problems share counts for little.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz import fuzz

from distill.prompts.overlap.content import is_mathematical
from distill.prompts.overlap.text import is_number

NUM_KEYS = 16
"""Features by which a problem is found: enough that rewording leaves some, few enough to be rare."""
MAX_PROBLEMS_A_KEY = 200
"""A feature of more problems than this finds nothing in particular."""
MIN_SHARED = 0.15
"""Of the weight of the features by which a problem is found; a prompt that shares less is no copy of it."""
NUM_CANDIDATES = 5
MIN_SAME_LETTERS = 90
"""Percent of the letters of both, sorted by words."""
SHORT = 12
"""Content words under which a problem says too little for loose rules."""

MAX_FRAMING = 20
"""Content words around a short problem that stands whole and alone in the prompt: a friendly request."""
SHORTEST = 7
"""Content words under which even the whole problem may stand in another one by chance."""

Feature = str | tuple[str, ...]


class Match(NamedTuple):
    """The benchmark problem that a prompt repeats."""

    problem: str
    """Where the problem stands: its file and row."""
    score: float
    """0 to 1: how much of the problem's content, by weight, the prompt has."""
    rule: str
    """`verbatim`, `reworded` or `misspelt`."""


class Likeness(NamedTuple):
    """How a prompt resembles one problem; shares are of the problem's weight, 0 to 1."""

    words: float
    pairs: float
    triples: float
    num_missing: int
    """Parts of the problem's formulas that the prompt lacks."""
    num_surplus: int
    """Parts of the prompt's formulas that the problem lacks."""
    num_missing_numbers: int
    num_surplus_numbers: int
    num_surplus_words: int
    """Other content words that the prompt has and the problem lacks."""


class Problem:
    """A benchmark's problem, prepared for comparing."""

    __slots__ = ("bag", "label", "num_words", "pairs", "triples", "words")

    def __init__(self, label: str, words: Sequence[str]) -> None:
        self.label, self.words = label, words
        self.bag = Counter(words)
        self.pairs, self.triples = _runs(words)
        self.num_words = len(words)

    @property
    def num_math(self) -> int:
        """Words that belong to formulas."""
        return _num_math(self.bag)

    def features(self) -> set[Feature]:
        """All by which the problem could be found."""
        return {*self.bag, *self.pairs, *self.triples}


class Benchmarks:
    """The problems that must not be trained on."""

    def __init__(self, problems: Iterable[tuple[str, Sequence[str]]]) -> None:
        """Index problems, each given by its label and its content words. One without content is left out."""
        self._problems = [Problem(label, words) for label, words in problems if words]
        counts = Counter(feature for problem in self._problems for feature in problem.features())
        num_problems = len(self._problems)
        self._unseen = math.log(2 * (num_problems + 1))
        self._weights = {feature: self._unseen - math.log(2 * count) + 0.1 for feature, count in counts.items()}
        ranks = {feature: rank for rank, feature in enumerate(sorted(counts, key=lambda f: (counts[f], "\0".join(f))))}
        self._index: dict[Feature, list[int]] = {}
        self._min_shared: list[float] = []
        for number, problem in enumerate(self._problems):
            rarest = sorted(problem.features(), key=ranks.__getitem__)[:NUM_KEYS]
            keys = [feature for feature in rarest if counts[feature] <= MAX_PROBLEMS_A_KEY]
            for feature in keys:
                self._index.setdefault(feature, []).append(number)
            self._min_shared.append(MIN_SHARED * sum(self._weights[feature] for feature in keys))

    def __len__(self) -> int:
        return len(self._problems)

    def match(self, words: Sequence[str]) -> Match | None:
        """The problem that a prompt with these content words repeats, if it does: of several, the most alike."""
        prompt = Problem("", words)
        matches = []
        for number in self._candidates(prompt):
            problem = self._problems[number]
            likeness = self._compare(problem, prompt)
            rule = _rule(likeness, problem, prompt)
            if rule:
                score = (likeness.words + likeness.pairs + likeness.triples) / 3
                matches.append((round(score, 4), -likeness.num_surplus, -number, rule))
        if not matches:
            return None
        score, _, number, rule = max(matches)
        return Match(self._problems[-number].label, score, rule)

    def _candidates(self, prompt: Problem) -> list[int]:
        """The problems that share the most, by weight, of what they are indexed by."""
        shared: dict[int, float] = {}
        for feature in prompt.features():
            for number in self._index.get(feature, ()):
                shared[number] = shared.get(number, 0.0) + self._weights[feature]
        enough = [number for number, weight in shared.items() if weight >= self._min_shared[number]]
        enough.sort(key=lambda number: (-round(shared[number], 6), number))
        return enough[:NUM_CANDIDATES]

    def _compare(self, problem: Problem, prompt: Problem) -> Likeness:
        missing, surplus = problem.bag - prompt.bag, prompt.bag - problem.bag
        return Likeness(
            words=1 - self._weigh_bag(missing) / self._weigh_bag(problem.bag),
            pairs=self._share(problem.pairs, prompt.pairs),
            triples=self._share(problem.triples, prompt.triples),
            num_missing=_num_math(missing),
            num_surplus=_num_math(surplus),
            num_missing_numbers=_num_numbers(missing),
            num_surplus_numbers=_num_numbers(surplus),
            num_surplus_words=sum(surplus.values()) - _num_math(surplus),
        )

    def _weigh_bag(self, bag: Mapping[str, int]) -> float:
        """Each word counts once, and by a tenth for each time that it is repeated."""
        return sum(self._weights[word] * (0.9 + 0.1 * count) for word, count in bag.items())

    def _share(self, own: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> float:
        """How much of a problem's runs the prompt has; all of it where the problem is too short to have any."""
        whole = sum(self._weights[run] for run in own)
        return sum(self._weights[run] for run in own & other) / whole if whole else 1.0


def _rule(likeness: Likeness, problem: Problem, prompt: Problem) -> str | None:
    """The first rule by which the prompt repeats the problem."""
    num_replaced = min(likeness.num_missing_numbers, likeness.num_surplus_numbers)
    if num_replaced > 0.05 * problem.num_math or likeness.num_missing_numbers > 0.05 * problem.num_words:
        return None
    share = 0.8 if problem.num_words >= SHORT else 0.98
    if problem.num_words >= SHORTEST and likeness.triples >= share and likeness.words >= share:
        return "verbatim"
    num_slips = problem.num_words // 20 + 0.1 * problem.num_math
    is_formula_same = likeness.num_missing <= num_slips and likeness.num_surplus <= 1 + num_slips
    if not is_formula_same:
        return None
    if _is_reworded(likeness, problem):
        return "reworded"
    letters = fuzz.ratio(" ".join(sorted(problem.words)), " ".join(sorted(prompt.words)))
    return "misspelt" if letters >= MIN_SAME_LETTERS else None


def _is_reworded(likeness: Likeness, problem: Problem) -> bool:
    if problem.num_words >= SHORT:
        return likeness.words >= 0.8 and likeness.pairs >= 0.5 and likeness.triples >= 0.25
    is_whole = problem.num_words >= 3 and min(likeness.pairs, likeness.triples) >= 0.98
    max_words = MAX_FRAMING if is_whole else problem.num_words + 2
    is_alone = likeness.num_surplus_words <= max_words and likeness.num_surplus <= 1
    return is_alone and likeness.words >= 0.95 and likeness.pairs >= 0.6 and likeness.num_missing == 0


def _num_math(bag: Mapping[str, int]) -> int:
    return sum(count for word, count in bag.items() if is_mathematical(word))


def _num_numbers(bag: Mapping[str, int]) -> int:
    return sum(count for word, count in bag.items() if is_number(word))


def _runs(words: Sequence[str]) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """The runs of two and of three neighbours."""
    return set(pairwise(words)), set(zip(words, words[1:], words[2:], strict=False))
