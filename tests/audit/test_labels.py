from collections.abc import Iterator

import pytest

from distill.audit.labels import (
    MAX_REASONS,
    OTHER_REASON,
    CheckedTrace,
    LabelCounts,
    TraceChecker,
    exhibit,
    is_sampled,
    label_facts,
)
from distill.audit.trace_row import TraceRow
from distill.audit.worst import Worst
from distill.recipe.sections import VerifySection
from distill.records import Verdict
from distill.references import Answer, AssertTests, Choice, Reference


def trace(answer: str, reference: Reference | None, *, label: bool | None = None, where: str = "row 1") -> TraceRow:
    return TraceRow(
        where, "How many?", answer, None, answer, reference, label, None, None, None, None, None, None
    )  # fmt: skip


FOUR = Answer(value="4")
TRACES = [
    trace("So it is \\boxed{4}.", FOUR, label=True, where="agreed right"),
    trace("So it is \\boxed{5}.", FOUR, label=False, where="agreed wrong"),
    trace("So it is \\boxed{5}.", FOUR, label=True, where="called right"),
    trace("So it is \\boxed{4}.", FOUR, label=False, where="called wrong"),
    trace("So it is \\boxed{5}.", FOUR, where="not called"),
    trace("It may be 4, or 5, who knows.", FOUR, label=True, where="undecided"),
    trace("B", Choice(answer="B", choices=("three", "four")), where="chosen"),
    trace("So it is \\boxed{4}.", None, label=True, where="nothing to check"),
]


@pytest.fixture(scope="module")
def checker() -> Iterator[TraceChecker]:
    with TraceChecker(VerifySection(workers=1), program_share=0.0) as checker:
        yield checker


@pytest.fixture(scope="module")
def checked(checker: TraceChecker) -> list[CheckedTrace]:
    return checker.judge(TRACES)


def test_every_trace_with_a_reference_is_judged_in_order(checked: list[CheckedTrace]) -> None:
    assert [each.row.where for each in checked] == [row.where for row in TRACES[:-1]]
    assert [each.verdict and each.verdict.outcome.value for each in checked] == [
        "pass", "fail", "fail", "pass", "fail", "abstain", "pass",
    ]  # fmt: skip


def test_what_we_say_stands_against_what_the_set_says(checked: list[CheckedTrace]) -> None:
    facts = label_facts(LabelCounts.of(checked), Worst())
    assert facts is not None
    assert facts.table == {
        "right": {"pass": 1, "fail": 1, "abstain": 1},
        "wrong": {"pass": 1, "fail": 1, "abstain": 0},
        "unlabelled": {"pass": 1, "fail": 1, "abstain": 0},
    }
    assert (facts.num_checked, facts.num_labelled) == (7, 5)
    assert facts.verifiers == {"math_answer": 6, "choice": 1}


def test_an_abstain_counts_as_neither_right_nor_wrong(checked: list[CheckedTrace]) -> None:
    facts = label_facts(LabelCounts.of(checked), Worst())
    assert facts is not None
    assert facts.fails_though_right is not None
    assert facts.undecided is not None
    assert (facts.fails_though_right.num, facts.fails_though_right.num_examined) == (1, 2)
    assert (facts.undecided.num, facts.undecided.num_examined) == (1, 7)
    assert sum(facts.abstain_reasons.values()) == 1
    assert facts.fails_though_right.low < facts.fails_though_right.share < facts.fails_though_right.high


def test_parts_add_up_to_the_whole(checked: list[CheckedTrace]) -> None:
    parts = LabelCounts.of(checked[:2]) + LabelCounts() + LabelCounts.of(checked[2:])
    assert parts == LabelCounts.of(checked)
    assert LabelCounts.model_validate_json(parts.model_dump_json()) == parts


def test_traces_on_which_we_differ_are_shown_with_both_words(checked: list[CheckedTrace]) -> None:
    worst = Worst()
    exhibit(checked, worst)
    facts = label_facts(LabelCounts.of(checked), worst)
    assert facts is not None
    assert [each.where for each in facts.worst_right] == ["called right"]
    assert [each.where for each in facts.worst_wrong] == ["called wrong"]
    assert [each.where for each in facts.worst_unlabelled] == ["not called"]
    why = facts.worst_right[0].why
    assert "the set calls it right; math_answer: fail" in why
    assert "'5'" in why
    assert "reference '4'" in why
    assert "How many?" in facts.worst_right[0].excerpt


def test_without_anything_to_check_there_are_no_facts(checker: TraceChecker) -> None:
    assert label_facts(LabelCounts.of(checker.judge(TRACES[-1:])), Worst()) is None


def test_programs_are_run_for_a_sample_that_is_told(checker: TraceChecker) -> None:
    programs = [trace(f"```python\nx = {n}\n```", AssertTests(code="assert x == 1")) for n in range(3)]
    counts = LabelCounts.of(checker.judge([*programs, TRACES[0]]))
    assert (counts.num_programs, counts.num_programs_run) == (3, 0)
    facts = label_facts(counts, Worst())
    assert facts is not None
    assert facts.num_checked == 1
    assert "of 3 programs a sample of 0 is run" in facts.how


def test_the_sample_is_the_same_however_rows_are_cut_into_parts() -> None:
    rows = [trace(f"print({n})", AssertTests(code="pass"), where=f"row {n}") for n in range(2000)]
    taken = [row.completion for row in rows if is_sampled(row, 0.1)]
    assert 150 < len(taken) < 250
    assert taken == [row.completion for row in rows if is_sampled(row._replace(where="elsewhere"), 0.1)]


def test_rare_reasons_of_abstaining_are_told_together() -> None:
    whole = LabelCounts()
    for n in range(3 * MAX_REASONS):
        verdict = Verdict.undecided("math_answer", f"reason {n}" if n else "the usual one")
        whole = whole + LabelCounts.of([CheckedTrace(TRACES[0], verdict)] * (1 if n else 9))
    assert len(whole.abstain_reasons) == MAX_REASONS
    assert whole.abstain_reasons["the usual one"] == 9
    assert whole.abstain_reasons[OTHER_REASON] == 3 * MAX_REASONS - 1 - (MAX_REASONS - 2)
