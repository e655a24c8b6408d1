"""The majority answer of a group stands in for a missing reference, and its rows are marked as voted."""

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from distill.dataset.candidates import ABSTAIN, FAIL, PASS, Ints
from distill.dataset.pool import CandidatePool
from distill.metrics import Equal, majority
from distill.records import Outcome
from distill.store.row_groups import Texts

MARK = "majority_vote"
"""The verifier of rows that rest on a vote; their `pass_rate` is the share of votes."""


@dataclass(frozen=True, slots=True)
class Votes:
    """A pool in which elected answers have passed their samples, and the answers by prompt."""

    pool: CandidatePool
    answers: dict[int, str] = field(default_factory=dict)
    shares: dict[int, float] = field(default_factory=dict)


def elect(pool: CandidatePool, min_share: float, equal: Equal) -> Votes:
    """Take a vote in every group whose samples needed a judge, where no judge has decided.

    Samples that gave the winning answer pass, those that gave another fail, those that gave none stay undecided.
    """
    candidates = pool.candidates
    outcome, verifier = candidates.outcome.copy(), candidates.verifier.copy()
    votes = Votes(pool._replace(candidates=replace(candidates, outcome=outcome, verifier=verifier)))
    mark = pool.verifiers.add(MARK)
    texts = Texts(pool.sample_units, ["answer"])
    for members in _undecided_groups(pool):
        given = [_extracted(answer) for answer in texts.take(members).column("answer").to_pylist()]
        won = majority(given, equal)
        if won is None or won.share < min_share:
            continue
        prompt = int(candidates.prompt[members[0]])
        votes.answers[prompt], votes.shares[prompt] = won.answer, won.share
        answered = [place for place, answer in enumerate(given) if answer is not None]
        outcome[members[answered]] = FAIL
        outcome[members[list(won.members)]] = PASS
        verifier[members] = mark
    return votes


def _undecided_groups(pool: CandidatePool) -> list[Ints]:
    """The groups of which every sample is an abstain of the judge."""
    candidates = pool.candidates
    judge = pool.verifiers.find("judge")
    is_open = (candidates.verifier == judge) & (candidates.outcome == ABSTAIN)
    num_open = np.bincount(candidates.prompt[is_open], minlength=len(pool.ids))
    num_all = np.bincount(candidates.prompt, minlength=len(pool.ids))
    found = np.flatnonzero((num_open == num_all)[candidates.prompt] & is_open)
    found = found[np.argsort(candidates.prompt[found], kind="stable")]
    return [part for part in np.split(found, np.flatnonzero(np.diff(candidates.prompt[found])) + 1) if len(part)]


def _extracted(answer: str) -> str | None:
    from distill.verifiers.math_answer import extract

    found = extract(answer)
    return None if found is None else found.text


@lru_cache(maxsize=2**14)
def equal(one: str, other: str) -> bool:
    """Whether two answers mean the same, by the mathematics verifier; what it cannot tell counts as different."""
    from distill.verifiers.math_answer import equal as decide

    return decide(one, other).outcome is Outcome.PASS
