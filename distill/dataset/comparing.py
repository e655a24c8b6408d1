"""Two versions as columns of numbers ─▶ what differs between them. Pure: it reads no file.

A row is the same in both versions where its prompt and its text are. Rows that occur several times are matched one by
one. Verdicts are compared where the *place* is the same: a sample of one prompt and index, whatever its text.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from distill.dataset.candidates import Draws, Ints, Mask, Small, mix
from distill.dataset.changes import PartChanges, PassRates, PromptChanges, Spread, VerdictChange

UNKNOWN = -1
"""The number of tokens of a row that states none."""
NUM_EXAMPLES = 5
_STEP = np.uint64(0x9E3779B97F4A7C15)
_TEXT = np.uint64(0xD1B54A32D192ED03)
Floats = npt.NDArray[np.float64]


class WordColumn(NamedTuple):
    """A column of words: the words, and the place of each row's word among them."""

    words: Sequence[str]
    codes: Small


@dataclass(frozen=True, slots=True)
class VersionRows:
    """The rows of a version, some 60 bytes each. What a version lacks is None."""

    prompt: Draws
    """What tells prompts apart, in 64 bits; likewise the next ones."""
    text: Draws
    place: Draws | None
    """Where a sample was drawn: its run, prompt and index."""
    asked: Draws | None
    """What the prompt says, where something else tells prompts apart."""
    reference: Draws | None
    num_tokens: Small | None
    pass_rate: Floats | None
    """Of each row's prompt; NaN where none was decided."""
    domain: WordColumn
    source: WordColumn
    verdict: WordColumn | None

    def __len__(self) -> int:
        return len(self.prompt)


class Differences(NamedTuple):
    """What differs between the rows of two versions."""

    total: PartChanges
    domains: dict[str, PartChanges]
    sources: dict[str, PartChanges]
    prompts: PromptChanges
    verdicts: tuple[VerdictChange, ...]
    examples: dict[str, tuple[Ints, Ints]]
    """By what became of them, the places of a few rows in the earlier and in the later version."""


def compare(before: VersionRows, after: VersionRows) -> Differences:
    """Compare two versions."""
    matched = _Matched(before, after)
    domains = _parts(matched, before.domain, after.domain)
    sources = _parts(matched, before.source, after.source)
    total = _part(matched, np.ones(len(before), dtype=bool), np.ones(len(after), dtype=bool))
    return Differences(total, domains, sources, matched.prompts(), matched.verdicts(), matched.examples())


class _Matched:
    """Which rows, prompts and places of two versions are the same."""

    def __init__(self, before: VersionRows, after: VersionRows) -> None:
        self.before, self.after = before, after
        keys = [numbered(_key(each)) for each in (before, after)]
        self.is_kept = (np.isin(keys[0], keys[1]), np.isin(keys[1], keys[0]))
        self.is_shared = (np.isin(before.prompt, after.prompt), np.isin(after.prompt, before.prompt))
        """Rows whose prompt is in both."""
        firsts = [np.unique(each.prompt, return_index=True) for each in (before, after)]
        self.first_rows = (firsts[0][1], firsts[1][1])
        """The first row of each prompt."""
        _, *both = np.intersect1d(firsts[0][0], firsts[1][0], assume_unique=True, return_indices=True)
        self.both = (self.first_rows[0][both[0]], self.first_rows[1][both[1]])
        """The first rows of the prompts that are in both."""
        self.kept_prompts = np.unique(after.prompt[self.is_kept[1]])
        pairs = _paired(before, after, keys)
        self.rewritten = pairs[1][before.text[pairs[0]] != after.text[pairs[1]]]
        """Rows whose text is another one than that at their place."""
        self.moved = self._moved_verdicts(*pairs)

    def _moved_verdicts(self, old: Ints, new: Ints) -> tuple[Ints, Ints]:
        """Paired rows whose verdicts differ."""
        before, after = self.before.verdict, self.after.verdict
        if before is None or after is None:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        differs = _renumbered(before.words, after.words)[before.codes[old]] != after.codes[new]
        return old[differs], new[differs]

    def prompts(self) -> PromptChanges:
        num_both = len(self.both[0])
        return PromptChanges(
            num_before=len(self.first_rows[0]),
            num_after=len(self.first_rows[1]),
            num_both=num_both,
            num_other_traces=num_both - len(self.kept_prompts),
            num_reworded=_num_differing(self.before.asked, self.after.asked, self.both),
            num_references=_num_differing(self.before.reference, self.after.reference, self.both),
        )

    def verdicts(self) -> tuple[VerdictChange, ...]:
        if self.before.verdict is None or self.after.verdict is None:
            return ()
        old, new = self.moved
        is_same = self.before.text[old] == self.after.text[new]
        triples = (self.before.verdict.codes[old], self.after.verdict.codes[new], is_same)
        counts = Counter(zip(*(column.tolist() for column in triples), strict=True))
        pairs = Counter[tuple[int, int]]()
        for (one, other, _), number in counts.items():
            pairs[one, other] += number
        return tuple(
            VerdictChange(
                before=self.before.verdict.words[one],
                after=self.after.verdict.words[other],
                num_same_text=counts[one, other, True],
                num_other_text=counts[one, other, False],
            )
            for (one, other), _ in pairs.most_common()
        )

    def examples(self) -> dict[str, tuple[Ints, Ints]]:
        none = np.zeros(0, dtype=np.int64)
        new = self.both[1]
        found = {
            "added": (none, _some(self.after.prompt, np.flatnonzero(~self.is_shared[1]))),
            "gone": (_some(self.before.prompt, np.flatnonzero(~self.is_shared[0])), none),
            "other traces": (none, new[~np.isin(self.after.prompt[new], self.kept_prompts)]),
            "reworded": (none, new[_differing(self.before.asked, self.after.asked, self.both)]),
            "another reference": (none, new[_differing(self.before.reference, self.after.reference, self.both)]),
            "another verdict": (none, _some(self.after.prompt, np.sort(self.moved[1]))),
        }
        few = {what: (rows[0][:NUM_EXAMPLES], rows[1][:NUM_EXAMPLES]) for what, rows in found.items()}
        return {what: rows for what, rows in few.items() if len(rows[0]) or len(rows[1])}


def numbered(keys: Draws) -> Draws:
    """Keys of which none occurs twice: the second of equal ones is another key, alike in every version."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    is_first = np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(keys)]
    starts = np.flatnonzero(is_first)
    occurrence = np.arange(len(keys)) - np.repeat(starts, np.diff(starts, append=len(keys)))
    found = np.empty_like(keys)
    found[order] = mix(ordered + occurrence.astype(np.uint64) * _STEP)
    return found


def _paired(before: VersionRows, after: VersionRows, keys: Sequence[Draws]) -> tuple[Ints, Ints]:
    """Rows that are one sample: those at the same place, and of the others those of the same prompt and text."""
    if before.place is None or after.place is None:
        _, old, new = np.intersect1d(keys[0], keys[1], assume_unique=True, return_indices=True)
        return old, new
    _, old, new = np.intersect1d(numbered(before.place), numbered(after.place), assume_unique=True, return_indices=True)
    others = [np.setdiff1d(np.arange(len(key)), rows) for key, rows in zip(keys, (old, new), strict=True)]
    _, more_old, more_new = np.intersect1d(
        keys[0][others[0]], keys[1][others[1]], assume_unique=True, return_indices=True
    )
    return np.concatenate([old, others[0][more_old]]), np.concatenate([new, others[1][more_new]])


def _key(rows: VersionRows) -> Draws:
    """What makes rows the same one: the prompt and the text."""
    return mix(rows.prompt + _STEP) ^ mix(rows.text ^ _TEXT)


def spread(num_tokens: Small | None) -> Spread | None:
    """How lengths lie; None where none is known."""
    known = None if num_tokens is None else num_tokens[num_tokens != UNKNOWN]
    if known is None or not len(known):
        return None
    median, high = np.percentile(known, [50, 95])
    return Spread(num_values=len(known), median=float(median), mean=float(known.mean()), p95=float(high))


def _parts(matched: _Matched, old: WordColumn, new: WordColumn) -> dict[str, PartChanges]:
    """The changes of each word's rows."""
    words = dict.fromkeys((*old.words, *new.words))
    found = {word: _part(matched, _is_word(old, word), _is_word(new, word)) for word in words}
    return {word or "not stated": part for word, part in found.items() if part.num_before or part.num_after}


def _is_word(column: WordColumn, word: str) -> Mask:
    is_it: Mask = column.codes == (column.words.index(word) if word in column.words else UNKNOWN)
    return is_it


def _part(matched: _Matched, old: Mask, new: Mask) -> PartChanges:
    """The changes of some rows of both versions."""
    before, after = matched.before, matched.after
    (kept_before, kept_after), (shared_before, shared_after) = matched.is_kept, matched.is_shared
    has_verdicts = before.verdict is not None and after.verdict is not None
    return PartChanges(
        num_before=int(old.sum()),
        num_after=int(new.sum()),
        num_kept=int((new & kept_after).sum()),
        num_added=int((new & ~shared_after).sum()),
        num_gone=int((old & ~shared_before).sum()),
        num_replaced=int((old & shared_before & ~kept_before).sum()),
        num_replacing=int((new & shared_after & ~kept_after).sum()),
        num_rewritten=int(new[matched.rewritten].sum()),
        num_verdicts=int(new[matched.moved[1]].sum()) if has_verdicts else None,
        tokens_before=spread(None if before.num_tokens is None else before.num_tokens[old]),
        tokens_after=spread(None if after.num_tokens is None else after.num_tokens[new]),
        pass_rates=_pass_rates(matched, old, new),
    )


def _pass_rates(matched: _Matched, old: Mask, new: Mask) -> PassRates | None:
    before, after = matched.before.pass_rate, matched.after.pass_rate
    if before is None or after is None:
        return None
    firsts = [rows[mask[rows]] for rows, mask in zip(matched.first_rows, (old, new), strict=True)]
    known = [rates[rows][~np.isnan(rates[rows])] for rates, rows in zip((before, after), firsts, strict=True)]
    if not len(known[0]) and not len(known[1]):
        return None
    rows_before, rows_after = matched.both
    was, now = before[rows_before], after[rows_after]
    is_both = ~np.isnan(was) & ~np.isnan(now) & new[rows_after]
    means = [float(rates.mean()) if len(rates) else None for rates in known]
    return PassRates(
        num_before=len(known[0]),
        num_after=len(known[1]),
        before=means[0],
        after=means[1],
        num_both=int(is_both.sum()),
        num_up=int((now[is_both] > was[is_both]).sum()),
        num_down=int((now[is_both] < was[is_both]).sum()),
    )


def _renumbered(words: Sequence[str], others: Sequence[str]) -> Small:
    """The place of each word among others, -1 for one that is not there."""
    return np.array([others.index(word) if word in others else UNKNOWN for word in words], dtype=np.int32)


def _differing(before: Draws | None, after: Draws | None, rows: tuple[Ints, Ints]) -> Mask:
    """Where the values of paired rows differ; nowhere where a version has none."""
    if before is None or after is None:
        return np.zeros(len(rows[0]), dtype=bool)
    differs: Mask = before[rows[0]] != after[rows[1]]
    return differs


def _num_differing(before: Draws | None, after: Draws | None, rows: tuple[Ints, Ints]) -> int | None:
    return None if before is None or after is None else int(_differing(before, after, rows).sum())


def _some(prompt: Draws, rows: Ints) -> Ints:
    """A few of these rows, of different prompts."""
    few = rows[: 64 * NUM_EXAMPLES]
    return few[np.sort(np.unique(prompt[few], return_index=True)[1])]
