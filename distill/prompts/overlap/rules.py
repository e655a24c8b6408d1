"""By which rule a prompt repeats a problem, given how alike they are; for many pairs at once."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from distill.prompts.overlap.chunk import Flags, Places, Shared

MIN_SAME_FORMULAS = 0.3
"""Of the weight of a problem's pairs with a number or sign."""
SHORT = 12
"""Content words under which a problem says too little for loose rules."""
MAX_FRAMING = 20
"""Content words around a short problem that stands whole and alone in the prompt: a friendly request."""
SHORTEST = 7
"""Content words under which even the whole problem may stand in another one by chance."""
MIN_STORY = 5
"""Words that are no mathematics, of a problem that can be told in other words."""
MIN_RETOLD, MIN_RETOLD_LONG, MIN_RETOLD_REORDERED = 0.55, 0.4, 0.65
"""Of the problem's words: with two telling numbers, with more, and with more in another order."""
MIN_COPIED = 0.98
"""Of words, pairs and triples of a copy, which is one even where its answer is another one: it may be wrong."""

Amounts = npt.NDArray[np.float64]


class Resemblance(NamedTuple):
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
    words_of_prompt: Amounts
    """The share of the prompt's words that the problem has."""
    triples_of_prompt: Amounts

    @property
    def score(self) -> Amounts:
        """How much of the problem's content the prompt has."""
        return ((self.words + self.pairs + self.triples) / 3).round(4)


class PairTraits(NamedTuple):
    """Of each pair of a problem and a prompt."""

    num_words: Places
    """Of the problem's content."""
    num_math: Places
    """Parts of the problem's formulas."""
    num_words_of_prompt: Places
    num_telling: Places
    """Numbers of the problem that tell it."""
    have_same_numbers: Flags
    are_in_order: Flags
    """Whether the numbers first appear in the same order."""


class Rules(NamedTuple):
    """What was found for each pair."""

    names: list[str]
    """The first rule by which the prompt repeats the problem; empty where there is none."""
    are_copies: Flags
    """Whether it is the problem even where the answer is another one."""


def rules_of(likeness: Resemblance, traits: PairTraits, is_misspelt: Callable[[int], bool]) -> Rules:
    """The rule of each pair; `is_misspelt` compares the letters of one."""
    is_verbatim = _are_verbatim(likeness, traits)
    num_slips = traits.num_words // 20 + 0.1 * traits.num_math
    is_formula_same = (likeness.num_missing <= num_slips) & (likeness.num_surplus <= 1 + num_slips)
    is_formula_same &= likeness.pairs_in_formulas >= MIN_SAME_FORMULAS
    is_contained = _are_contained(likeness, traits)
    conditions = {
        "verbatim": is_verbatim,
        "paraphrased": _are_paraphrased(likeness, traits),
        "reworded": is_formula_same & _are_reworded(likeness, traits.num_words),
    }
    names: list[str] = np.select(list(conditions.values()), list(conditions), "").tolist()
    is_open = is_formula_same & (traits.are_in_order | (traits.num_words >= SHORT))
    for place, name in enumerate(names):
        if not name and is_open[place] and is_misspelt(place):
            names[place] = "misspelt"
        elif not name and is_contained[place]:
            names[place] = "contained"
    shares = np.stack([likeness.words, likeness.pairs, likeness.triples])
    return Rules(names, is_verbatim & (shares.min(axis=0) >= MIN_COPIED))


def share(found: Shared, own: Places, weights: Amounts, num_pairs: int) -> Amounts:
    """How much of one side's runs both have; all of it where that side is too short to have any."""
    whole = found.total(weights * (own > 0), num_pairs)
    common = found.total(weights * ((found.num_first > 0) & (found.num_second > 0)), num_pairs)
    return np.where(whole > 0, common / np.maximum(whole, 1e-9), 1.0)


def _are_verbatim(likeness: Resemblance, traits: PairTraits) -> Flags:
    """A problem with few words is not found in a long formula, where its own may stand by chance."""
    enough = np.where(traits.num_words >= SHORT, 0.8, 0.98)
    is_apart = (traits.num_words - traits.num_math >= 3) | (likeness.num_surplus <= 2)
    is_apart &= traits.num_words >= SHORTEST
    return is_apart & (likeness.triples >= enough) & (likeness.words >= enough)


def _are_paraphrased(likeness: Resemblance, traits: PairTraits) -> Flags:
    """The same numbers tell the same story in other words."""
    num_other = np.maximum(likeness.num_missing, likeness.num_surplus)
    is_story = traits.have_same_numbers & (num_other <= 1 + 0.3 * traits.num_math)
    is_story &= (traits.num_telling >= 2) & (traits.num_words - traits.num_math >= MIN_STORY)
    enough = np.where(traits.num_telling == 2, MIN_RETOLD, MIN_RETOLD_LONG)
    is_reordered = (traits.num_telling > 2) & (likeness.words >= MIN_RETOLD_REORDERED)
    is_told: Flags = np.where(traits.are_in_order, likeness.words >= enough, is_reordered)
    return is_story & is_told


def _are_reworded(likeness: Resemblance, num_words: Places) -> Flags:
    is_long = (likeness.words >= 0.8) & (likeness.pairs >= 0.5) & (likeness.triples >= 0.25)
    is_whole = (num_words >= 3) & (np.minimum(likeness.pairs, likeness.triples) >= 0.98)
    max_words = np.where(is_whole, MAX_FRAMING, num_words + 2)
    is_alone = (likeness.num_surplus_words <= max_words) & (likeness.num_surplus <= 1)
    is_short = is_alone & (likeness.words >= 0.95) & (likeness.pairs >= 0.6) & (likeness.num_missing == 0)
    found: Flags = np.where(num_words >= SHORT, is_long, is_short)
    return found


def _are_contained(likeness: Resemblance, traits: PairTraits) -> Flags:
    """The prompt is what the problem says, without its story, notes or instructions."""
    says_little = (traits.num_words_of_prompt < 20) & (traits.num_telling < 2)
    enough = np.where(says_little, 0.95, 0.65)
    is_within: Flags = traits.have_same_numbers & (likeness.num_surplus == 0)
    is_within &= traits.num_words_of_prompt >= SHORTEST
    return is_within & (likeness.words_of_prompt >= np.maximum(enough, 0.9)) & (likeness.triples_of_prompt >= enough)
