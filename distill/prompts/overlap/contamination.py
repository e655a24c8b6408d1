"""Whether a training prompt is a benchmark's problem in other clothes.

A benchmark's problems are indexed by the rarest words, pairs and triples of their content. A prompt that shares
some of them, and may have the problem's numbers, is then compared with the few problems that it may be a copy of,
and is one by any of these rules:

verbatim     most runs of three content words of the problem stand in the prompt, which may be longer
paraphrased  the same numbers, best in the same order, tell the same story in other words
reworded     most of its words stand there, many side by side, and the formulas have the same parts
misspelt     the sorted content of both differs in a few letters only, and the numbers are the same
contained    the prompt is part of the problem, which has a story or notes around it

A problem with other numbers is another problem. Each word, pair or triple weighs by how rare it is in the
benchmarks (inverse document frequency), so what all of their problems share counts for little. What is alike so far
is another problem after all where its answer is another one, or where close reading finds a difference.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rapidfuzz import fuzz

from distill.prompts.overlap.answers import are_other_answers
from distill.prompts.overlap.chunk import Flags, Places, Shared, TokenChunk, Values, compare
from distill.prompts.overlap.content import UNKNOWN, content
from distill.prompts.overlap.numbers import numbers_of
from distill.prompts.overlap.problems import MAX_OTHER_NUMBERS, Problem, Problems
from distill.prompts.overlap.readings import Readings, readings
from distill.prompts.overlap.rules import Amounts, PairTraits, Resemblance, Rules, rules_of, share
from distill.prompts.overlap.runs import FORMULA, NUMBER, Runs, runs_of
from distill.prompts.overlap.spelling import spelled
from distill.prompts.overlap.text import tokens
from distill.prompts.overlap.veto import difference

MIN_SAME_LETTERS = 90
"""Percent of the letters of both, sorted by words."""


class Match(NamedTuple):
    """The benchmark problem that a prompt repeats."""

    problem: str
    """Where the problem stands: its file and row."""
    score: float
    """0 to 1: how much of the problem's content, by weight, the prompt has."""
    rule: str
    """`verbatim`, `paraphrased`, `reworded`, `misspelt` or `contained`."""


class Benchmarks:
    """The problems that must not be trained on."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Index problems. One without content is left out."""
        read = tokens([problem.text for problem in problems])
        found = content(read)
        whole = np.flatnonzero(np.diff(found.starts))
        self._problems = [problems[number] for number in whole.tolist()]
        self._readings = readings([problem.text for problem in problems], read).take(whole)
        self._content = found._replace(starts=np.unique(found.starts))
        self._index = Problems(self._content)
        self._numbers = numbers_of(self._content)

    def __len__(self) -> int:
        return len(self._problems)

    def match(self, texts: Sequence[str], answers: Sequence[str], found: TokenChunk) -> list[Match | None]:
        """For each text, whose content is given, the problem that it repeats, if it does: of several the most alike.

        Answers are what references say, and empty where there is none.
        """
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
        order = np.lexsort((problems, likeness.num_surplus, -score))
        places = [place for place in order.tolist() if rules.names[place]]
        asked = np.unique(prompts[places])
        known = self._known(texts, asked)
        for place in places:
            number, problem = int(prompts[place]), int(problems[place])
            if matches[number] is not None:
                continue
            label, text, answer = self._problems[problem]
            if not rules.are_copies[place] and are_other_answers(answer, answers[number]):
                continue
            is_same = self._readings.is_same(problem, known, int(np.searchsorted(asked, number)))
            if is_same or difference(text, texts[number]) is None:
                matches[number] = Match(label, float(score[place]), rules.names[place])
        return matches

    def _known(self, texts: Sequence[str], numbers: Places) -> Readings:
        """The readings of some texts."""
        some = [texts[number] for number in numbers.tolist()]
        return readings(some, tokens(some))

    def _has_numbers(self, problems: Places, prompts: Places, runs: Runs) -> Flags:
        """Whether prompts have the problems' numbers, but for very few."""
        ours, theirs = self._index.runs.values(problems, 1), runs.values(prompts, 1)
        numbers = compare(*(side.where(side.values & NUMBER > 0) for side in (ours, theirs)))
        missing = numbers.total((numbers.num_second == 0).astype(np.int64), len(problems))
        surplus = numbers.total((numbers.num_first == 0).astype(np.int64), len(problems))
        are_few = np.minimum(missing, surplus) <= MAX_OTHER_NUMBERS * self._index.num_math[problems]
        return are_few & (missing <= MAX_OTHER_NUMBERS * self._index.num_words[problems])

    def _compare(self, problems: Places, prompts: Places, runs: Runs) -> Resemblance:
        num_pairs = len(problems)
        words = compare(self._weighed(problems, 1), runs.values(prompts, 1))
        missing = np.maximum(words.num_first - words.num_second, 0)
        surplus = np.maximum(words.num_second - words.num_first, 0)
        in_formula = words.values & FORMULA
        pairs = compare(self._weighed(problems, 2), runs.values(prompts, 2))
        triples = compare(self._weighed(problems, 3), runs.values(prompts, 3))
        own_words, own_triples = (found.with_unseen(self._index.rarest) for found in (words, triples))
        return Resemblance(
            words=_bag_share(words.num_first, missing, words, num_pairs),
            pairs=share(pairs, pairs.num_first, pairs.weights, num_pairs),
            triples=share(triples, triples.num_first, triples.weights, num_pairs),
            pairs_in_formulas=share(pairs, pairs.num_first, pairs.weights * (pairs.values & FORMULA), num_pairs),
            num_missing=words.total(missing * in_formula, num_pairs),
            num_surplus=words.total(surplus * in_formula, num_pairs),
            num_surplus_words=words.total(surplus * (1 - in_formula.astype(np.int64)), num_pairs),
            words_of_prompt=_bag_share(words.num_second, surplus, own_words, num_pairs),
            triples_of_prompt=share(triples, triples.num_second, own_triples.weights, num_pairs),
        )

    def _weighed(self, problems: Places, length: int) -> Values:
        """The runs of problems, with how much each weighs."""
        places, pairs = self._index.runs.places(problems, length)
        values = self._index.runs.by_length[length - 1][places].astype(np.uint32)
        return Values(pairs, values, self._index.weights[length - 1][places])

    def _rules(self, likeness: Resemblance, problems: Places, prompts: Places, found: TokenChunk) -> Rules:
        """By which rule each prompt repeats a problem."""
        distinct, places = np.unique(prompts, return_inverse=True)
        theirs = numbers_of(found.take(distinct)).take(places)
        ours = self._numbers.take(problems)
        sizes = np.diff(found.starts)
        traits = PairTraits(
            self._index.num_words[problems],
            self._index.num_math[problems],
            sizes[prompts],
            ours.num_telling,
            ours.sets == theirs.sets,
            ours.orders == theirs.orders,
        )

        def is_misspelt(place: int) -> bool:
            letters = _letters(self._content, int(problems[place])), _letters(found, int(prompts[place]))
            return fuzz.ratio(*letters, score_cutoff=MIN_SAME_LETTERS) > 0

        return rules_of(likeness, traits, is_misspelt)


def _bag_share(counts: Places, lost: Places, found: Shared, num_pairs: int) -> Amounts:
    """How much of one side's words the other one has: each counts once, and by a tenth each time it is repeated."""
    missing = found.total(found.weights * (0.9 * (lost > 0) + 0.1 * lost), num_pairs)
    whole = found.total(found.weights * (0.9 * (counts > 0) + 0.1 * counts), num_pairs)
    return 1 - missing / np.maximum(whole, 1e-9)


def _letters(chunk: TokenChunk, number: int) -> str:
    """The content words of a text, sorted."""
    ids = chunk.ids[chunk.starts[number] : chunk.starts[number + 1]]
    named = zip(ids == UNKNOWN, chunk.words(number), strict=True)
    return " ".join(sorted("·" if is_unknown else spelled(word) for is_unknown, word in named))
