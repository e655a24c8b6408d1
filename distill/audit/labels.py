"""Our verifiers against what a set says itself: its labels of right and wrong, and its answers.

Checked is every trace whose row has something to check against; programs take seconds each, so a sample of them is
run. What we could not decide is counted apart, and never as right or wrong.
"""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Self

from pydantic import Field

from distill.audit.facts import Exhibit, LabelFacts, Proportion
from distill.audit.flagged import FlaggedTrace
from distill.audit.measures.finding import tail
from distill.audit.trace_row import TraceRow
from distill.audit.worst import Worst
from distill.ordered import in_order
from distill.recipe.sections import VerifySection
from distill.records import Message, Outcome, Prompt, Verdict
from distill.references import Answer, Choice, Record, Tests, domain_for
from distill.verifiers.dispatch import Verifiers

RIGHT, WRONG, UNLABELLED = "right", "wrong", "unlabelled"
PROGRAM_SHARE = 0.02
"""Of the programs, those that are run."""
MAX_REASONS = 50
"""Different reasons of abstaining that are told apart."""
MAX_REASON_CHARS = 80
OTHER_REASON = "another reason"
LISTS = {(RIGHT, Outcome.FAIL): "labels: right", (WRONG, Outcome.PASS): "labels: wrong",
         (UNLABELLED, Outcome.FAIL): "labels: unlabelled"}  # fmt: skip
"""What a set says and what we say ─▶ the name of the list of such traces among the worst examples."""
SIGNS = {
    (RIGHT, Outcome.FAIL): "called right, fails with us",
    (WRONG, Outcome.PASS): "called wrong, passes with us",
    (UNLABELLED, Outcome.FAIL): "misses the set's own answer",
}
"""What a set says and what we say ─▶ the sign by which such traces are flagged."""


class CheckedTrace(NamedTuple):
    """A trace with a reference, and what our verifiers say of it."""

    row: TraceRow
    verdict: Verdict | None
    """None: a program that is not in the sample."""


class TraceChecker:
    """Asks verifiers about traces. It owns their processes, which start with the first trace that needs them."""

    def __init__(self, settings: VerifySection, program_share: float = PROGRAM_SHARE) -> None:
        self._verifiers = Verifiers(settings)
        self._program_share = program_share
        self._loop = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.run(self._verifiers.__aexit__(kind, error, traceback))
        self._loop.close()

    def judge(self, rows: Iterable[TraceRow]) -> list[CheckedTrace]:
        """A verdict for each of the traces that have a reference, in their order; the others are left out."""
        return self._loop.run(self._judge([row for row in rows if row.reference is not None]))

    async def _judge(self, rows: Sequence[TraceRow]) -> list[CheckedTrace]:
        return [CheckedTrace(row, verdict) async for row, verdict in in_order(rows, self._verdict)]

    async def _verdict(self, row: TraceRow) -> Verdict | None:
        if isinstance(row.reference, Tests) and not is_sampled(row, self._program_share):
            return None
        prompt = Prompt(
            id=row.where,
            messages=(Message(role="user", content=row.prompt),),
            domain=domain_for(row.reference),
            reference=row.reference,
        )
        return await self._verifiers.verify(prompt, row.answer)


class LabelCounts(Record):
    """What a part of a dataset was found to be; parts add up, in any order but for the rarest reasons."""

    table: dict[str, dict[str, int]] = Field(default_factory=dict)
    """`right`, `wrong` or `unlabelled` ─▶ `pass`, `fail` or `abstain` ─▶ traces."""
    verifiers: dict[str, int] = Field(default_factory=dict)
    abstain_reasons: dict[str, int] = Field(default_factory=dict)
    num_programs: int = 0
    """Traces that are checked by running them."""
    num_programs_run: int = 0

    @classmethod
    def of(cls, checked: Iterable[CheckedTrace]) -> Self:
        """Count what was checked."""
        whole = cls()
        for row, verdict in checked:
            whole = whole + cls._one(row, verdict)
        return whole

    @classmethod
    def _one(cls, row: TraceRow, verdict: Verdict | None) -> Self:
        num_programs = int(isinstance(row.reference, Tests))
        if verdict is None:
            return cls(num_programs=num_programs)
        is_abstain = verdict.outcome is Outcome.ABSTAIN
        return cls(
            table={label_of(row): {verdict.outcome.value: 1}},
            verifiers={verdict.verifier: 1},
            abstain_reasons={verdict.reason[:MAX_REASON_CHARS]: 1} if is_abstain else {},
            num_programs=num_programs,
            num_programs_run=num_programs,
        )

    def __add__(self, other: "LabelCounts") -> Self:
        labels = (*self.table, *other.table)
        table = {label: _sum(self.table.get(label, {}), other.table.get(label, {})) for label in labels}
        return self.model_copy(
            update={
                "table": table,
                "verifiers": _sum(self.verifiers, other.verifiers),
                "abstain_reasons": _few(_sum(self.abstain_reasons, other.abstain_reasons)),
                "num_programs": self.num_programs + other.num_programs,
                "num_programs_run": self.num_programs_run + other.num_programs_run,
            }
        )

    def num(self, label: str, *outcomes: Outcome) -> int:
        """Traces that the set calls so, and we one of these."""
        return sum(self.table.get(label, {}).get(outcome.value, 0) for outcome in outcomes)


def label_of(row: TraceRow) -> str:
    """What the set says of a trace."""
    return UNLABELLED if row.label is None else RIGHT if row.label else WRONG


def is_sampled(row: TraceRow, share: float) -> bool:
    """Whether a program is run: the same ones in every attempt, however the rows are cut into parts."""
    return _chance(row) < share


def exhibit(checked: Iterable[CheckedTrace], worst: Worst) -> None:
    """Keep the traces on which we and the set differ. No such trace is worse than another: chance orders them."""
    for row, verdict in checked:
        name = None if verdict is None else LISTS.get((label_of(row), verdict.outcome))
        if name is not None and verdict is not None:
            worst.add(name, _chance(row), Exhibit(where=row.where, excerpt=_excerpt(row), why=_why(row, verdict)))


def disagreements(checked: Iterable[CheckedTrace]) -> Iterator[FlaggedTrace]:
    """All traces on which we and the set differ."""
    for row, verdict in checked:
        sign = None if verdict is None else SIGNS.get((label_of(row), verdict.outcome))
        if sign is not None and verdict is not None:
            yield FlaggedTrace(where=row.where, measure="labels", sign=sign, why=_why(row, verdict))


def label_facts(counts: LabelCounts, worst: Worst) -> LabelFacts | None:
    """What the report says of it; None where nothing was checked."""
    decided = (Outcome.PASS, Outcome.FAIL)
    num_checked = sum(counts.verifiers.values())
    if not num_checked:
        return None
    return LabelFacts(
        num_checked=num_checked,
        num_labelled=counts.num(RIGHT, *Outcome) + counts.num(WRONG, *Outcome),
        table={label: {outcome.value: counts.num(label, outcome) for outcome in Outcome}
               for label in (RIGHT, WRONG, UNLABELLED)},
        fails_though_right=_share(counts.num(RIGHT, Outcome.FAIL), counts.num(RIGHT, *decided)),
        passes_though_wrong=_share(counts.num(WRONG, Outcome.PASS), counts.num(WRONG, *decided)),
        fails_its_own_answer=_share(counts.num(UNLABELLED, Outcome.FAIL), counts.num(UNLABELLED, *decided)),
        undecided=_share(sum(counts.num(label, Outcome.ABSTAIN) for label in counts.table), num_checked),
        verifiers=counts.verifiers,
        abstain_reasons=counts.abstain_reasons,
        worst_right=worst[LISTS[RIGHT, Outcome.FAIL]],
        worst_wrong=worst[LISTS[WRONG, Outcome.PASS]],
        worst_unlabelled=worst[LISTS[UNLABELLED, Outcome.FAIL]],
        how=_how(counts),
    )  # fmt: skip


def _how(counts: LabelCounts) -> str:
    every = "Every trace whose row has an answer, options, constraints or tests is checked"
    if not counts.num_programs:
        return f"{every}."
    return f"{every}; of {counts.num_programs:,} programs a sample of {counts.num_programs_run:,} is run."


def _share(num: int, num_examined: int) -> Proportion | None:
    return Proportion.of(num, num_examined) if num_examined else None


def _sum(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {name: first.get(name, 0) + second.get(name, 0) for name in (*first, *second)}


def _few(reasons: dict[str, int]) -> dict[str, int]:
    """The most frequent reasons; the rest is one of them."""
    if len(reasons) <= MAX_REASONS:
        return reasons
    ranked = sorted(reasons.items(), key=lambda item: (item[0] == OTHER_REASON, -item[1], item[0]))
    kept = dict(ranked[: MAX_REASONS - 1])
    return kept | {OTHER_REASON: sum(num for name, num in reasons.items() if name not in kept)}


def _chance(row: TraceRow) -> float:
    digest = hashlib.sha256(f"{row.prompt}\0{row.completion}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4]) / 2**32


def _excerpt(row: TraceRow) -> str:
    return f"{row.prompt[:200]} … {tail(row.answer or row.completion)}"


def _why(row: TraceRow, verdict: Verdict) -> str:
    said = f"the set calls it {label_of(row)}" if row.label is not None else "the set does not say whether it is right"
    taken = f", its answer read as {verdict.extracted!r:.80}" if verdict.extracted is not None else ""
    return f"{said}; {verdict.verifier}: {verdict.outcome.value} ({verdict.reason:.120}){taken}{_wanted(row)}"


def _wanted(row: TraceRow) -> str:
    match row.reference:
        case Answer(value=value):
            return f", reference {value!r:.80}"
        case Choice(answer=answer):
            return f", reference {answer!r:.80}"
        case _:
            return ""
