"""What earlier attempts of a run drew, as columns of numbers, some bytes a sample: big runs start fast and small.

A group is made of them when its prompt's turn comes, and a prompt only where its group may still grow.
"""

from collections.abc import Callable, Container, Iterator

import numpy as np
import numpy.typing as npt

from distill.progress import say
from distill.recipe.sections import VerifySection
from distill.records import FinishReason, Outcome, Prompt
from distill.rows import columns as schemas
from distill.sampling.agenda import Spending
from distill.sampling.policy import Ended, Group, Policy
from distill.sampling.probes import has_probes
from distill.sampling.purse import Bought
from distill.store import RunFolder, Table
from distill.store.arrays import Flags, Ints, coded, numbers, places
from distill.store.numbering import INDEX_BITS, INDEX_MASK, Numbering
from distill.verifiers.verify import verify_run

COLUMNS = ("prompt_id", "index", "num_tokens", "num_prompt_tokens", "finish_reason")
ENDINGS: dict[str, int] = {reason: code for code, reason in enumerate(FinishReason)}
OUTCOMES = tuple(Outcome)
OUTCOME_CODES: dict[str, int] = {outcome: code for code, outcome in enumerate(OUTCOMES)}
UNDECIDED = -1
Small = npt.NDArray[np.int32]
Codes = npt.NDArray[np.int8]
NONE = np.zeros(0, np.int64)


def drawn_before(run: RunFolder, policy: Policy, verify: VerifySection | None, only: Container[str] | None) -> "Before":
    """What a run holds; where the policy needs them, verdicts that an earlier attempt owes are given first.

    `only` names the prompts of a pilot.
    """
    before = Before(run, policy, only)
    if before.num_orphans:
        say(f"{before.num_orphans:,} verdicts have lost their samples, and are removed.")
        run.forget_orphans()
    if policy.traits.needs_verdicts and before.num_undecided:
        verify_run(run, verify or VerifySection())
        before = Before(run, policy, only)
    return before


class Before:
    """The samples of a run whose prompts are there, in the order of their keys, each key once."""

    def __init__(self, run: RunFolder, policy: Policy, only: Container[str] | None = None) -> None:
        numbering = Numbering(run.prompts)
        self.bought = Bought()
        """What was paid for, also for prompts that are not there."""
        self._keys, self._num_tokens, self._endings = self._read(run.samples, numbering)
        self._is_refused = self._endings == ENDINGS[FinishReason.REFUSED]
        self._outcomes, self.num_orphans = _outcomes(run.verdicts, numbering, self._keys)
        self._ends = np.searchsorted(self._keys, np.arange(numbering.num_prompts + 1) << INDEX_BITS)
        """The samples of a prompt are those from its place to the next."""
        self._is_wanted = _among(numbering, only)
        self._traits = policy.traits
        self._num_probes = policy.traits.num_probes if has_probes(run.manifest) else 0
        self.spending = self._spending()

    @property
    def num_prompts(self) -> int:
        """Prompts that are wanted."""
        return int(self._is_wanted.sum())

    @property
    def num_samples(self) -> int:
        """Samples of these prompts."""
        return int(np.diff(self._ends)[self._is_wanted].sum())

    @property
    def num_undecided(self) -> int:
        """Samples without a verdict."""
        return int((self._outcomes == UNDECIDED).sum())

    @property
    def endings(self) -> dict[FinishReason, int]:
        """How many samples ended in each way."""
        return {reason: int((self._endings == ENDINGS[reason]).sum()) for reason in FinishReason}

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """How many samples got each verdict, of those that can be judged: that one was cancelled says nothing."""
        is_judged = np.isin(self._endings, [ENDINGS[each] for each in (FinishReason.STOP, FinishReason.LENGTH)])
        return {outcome: int((self._outcomes[is_judged] == code).sum()) for code, outcome in enumerate(OUTCOMES)}

    @property
    def num_solved(self) -> int:
        """Prompts of which a sample passed."""
        return len(np.unique(self._keys[self._outcomes == OUTCOME_CODES[Outcome.PASS]] >> INDEX_BITS))

    @property
    def num_passed(self) -> int:
        """Samples that passed."""
        return int((self._outcomes == OUTCOME_CODES[Outcome.PASS]).sum())

    def groups(self, prompts: Table, is_over: Callable[[Group], bool]) -> Iterator[tuple[Prompt, Group]]:
        """The wanted prompts whose groups are not over, in the order of their table.

        Whatever the policy, a group is over that has all its samples, and the verdicts that it needs; `is_over` is
        asked about the others.
        """
        may_grow = self._is_wanted & ~self._is_full()
        first = 0
        for rows in prompts.groups():
            asked = np.flatnonzero(may_grow[first : first + len(rows)]).tolist()
            groups = {place: group for place in asked if not is_over(group := self._group(first + place))}
            chosen = rows if len(groups) == len(rows) else rows.take(places(np.fromiter(groups, np.int64, len(groups))))
            for row, group in zip(chosen.to_pylist(), groups.values(), strict=True):
                yield schemas.prompt_of(row), group
            first += len(rows)

    def _read(self, samples: Table, numbering: Numbering) -> tuple[Ints, Small, Codes]:
        """Keys, tokens and endings, by key."""
        keys, columns = [NONE], [(NONE, NONE)]
        for rows in samples.tables(COLUMNS):
            num_tokens, endings = numbers(rows.column("num_tokens")), coded(rows.column("finish_reason"), ENDINGS, -1)
            self.bought.num_samples += len(rows)
            self.bought.num_refused += int((endings == ENDINGS[FinishReason.REFUSED]).sum())
            self.bought.num_prompt_tokens += int(numbers(rows.column("num_prompt_tokens")).sum())
            self.bought.num_tokens += int(num_tokens.sum())
            keys.append(numbering.keys(rows))
            columns.append((num_tokens, endings))
        found, first = _each_once(np.concatenate(keys))
        num_tokens, endings = (np.concatenate(parts)[first] for parts in zip(*columns, strict=True))
        return found, num_tokens.astype(np.int32), endings.astype(np.int8)

    def _group(self, place: int) -> Group:
        """The group of the prompt in this place."""
        ended: dict[int, Ended] = {}
        for number in range(self._ends[place], self._ends[place + 1]):
            code = int(self._outcomes[number])
            ended[int(self._keys[number]) & INDEX_MASK] = Ended(
                int(self._num_tokens[number]),
                None if code == UNDECIDED else OUTCOMES[code],
                bool(self._endings[number] == ENDINGS[FinishReason.CANCELLED]),
                bool(self._is_refused[number]),
            )
        return Group(ended=ended)

    def _is_full(self) -> Flags:
        """By prompt, whether it has the most samples that any gets, all with the verdicts that the policy needs."""
        is_over = self._outcomes != UNDECIDED if self._traits.needs_verdicts else np.ones(len(self._keys), np.bool_)
        num_over = np.concatenate(([0], np.cumsum(is_over)))[self._ends]
        full: Flags = np.diff(num_over) >= self._traits.max_samples
        return full

    def _spending(self) -> Spending:
        """As if each sample had been added to it."""
        is_probe = (self._keys & INDEX_MASK) < self._num_probes
        is_paid = is_probe & ~self._is_refused
        is_passed, is_failed = (self._outcomes == OUTCOME_CODES[each] for each in (Outcome.PASS, Outcome.FAIL))
        return Spending(
            num_samples=len(self._keys),
            num_tokens=int(self._num_tokens.sum(dtype=np.int64)),
            num_cancelled=int((self._endings == ENDINGS[FinishReason.CANCELLED]).sum()),
            num_refused=int(self._is_refused.sum()),
            num_probes=int(is_paid.sum()),
            num_probe_tokens=int(self._num_tokens[is_paid].sum(dtype=np.int64)),
            num_probes_decided=int((is_probe & (is_passed | is_failed)).sum()),
            num_probes_passed=int((is_probe & is_passed).sum()),
        )


def _each_once(keys: Ints) -> tuple[Ints, Ints]:
    """Keys of prompts that are there, ascending, and where each is found first."""
    found, first = np.unique(keys, return_index=True)
    is_known = found >= 0
    return found[is_known], first[is_known]


def _outcomes(verdicts: Table, numbering: Numbering, keys: Ints) -> tuple[Codes, int]:
    """The outcome of each sample as a number, and how many verdicts have no sample."""
    outcomes, num_orphans = np.full(len(keys), UNDECIDED, np.int8), 0
    for rows in verdicts.tables(("prompt_id", "index", "outcome")):
        its_keys, first = _each_once(numbering.keys(rows))
        found = np.searchsorted(keys, its_keys)
        has_sample = found < len(keys)
        has_sample[has_sample] = keys[found[has_sample]] == its_keys[has_sample]
        outcomes[found[has_sample]] = coded(rows.column("outcome"), OUTCOME_CODES, UNDECIDED)[first[has_sample]]
        num_orphans += int((~has_sample).sum())
    return outcomes, num_orphans


def _among(numbering: Numbering, only: Container[str] | None) -> Flags:
    if only is None:
        return np.ones(numbering.num_prompts, np.bool_)
    return np.fromiter((name in only for name in numbering.ids()), np.bool_, numbering.num_prompts)
