"""What an audit finds of what was planted. Floors are far below what `scripts/bench/audit.py` measures."""

import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from distill.audit.audit import audit
from distill.audit.facts import AuditFacts
from distill.audit.flagged import read_flagged
from distill.audit.plan import AuditOptions
from tests.audit.planted import MEASURES, PlantedSet, plant
from tests.audit.planted_score import KindScore, Scored, by_measure, kinds, scores
from tests.audit.planting.kinds import KINDS, Kind
from tests.audit.planting.texts import Problem
from tests.audit.planting.trace import Planted

NUM_ROWS = 1_000


class Audited(NamedTuple):
    """A planted set, what the audit says, and what it flags."""

    planted: PlantedSet
    facts: AuditFacts
    flagged: dict[str, set[str]]


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    folder = tmp_path_factory.mktemp("planted")
    planted = plant(folder / "set", NUM_ROWS, 0)
    options = AuditOptions(against=(str(planted.benchmark),), num_workers=1)
    facts = audit([str(file) for file in planted.files], folder / "found", options)
    return Audited(planted, facts, by_measure(read_flagged(folder / "found" / "flagged.jsonl")))


@pytest.mark.parametrize(
    ("measure", "precision", "recall"),
    [
        ("contamination", 0.9, 0.9),
        ("duplicates", 0.7, 0.9),
        ("labels", 0.9, 0.9),
        ("languages", 0.9, 0.7),
        ("truncation", 0.9, 0.8),
        ("repetition", 0.9, 0.7),
        ("licences", 0.9, 0.9),
    ],
)
def test_a_measure_finds_what_was_planted_and_little_else(
    audited: Audited, measure: str, precision: float, recall: float
) -> None:
    found = next(each for each in scores(audited.planted.truth, audited.flagged) if each.measure == measure)
    assert found.num_planted == 30
    assert found.precision >= precision, found
    assert found.recall >= recall, found


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if not kind.is_fault], ids=lambda kind: f"{kind.measure}: {kind.name}"
)
def test_what_only_looks_like_a_fault_is_left_alone(audited: Audited, kind: Kind) -> None:
    found = next(
        each
        for each in kinds(audited.planted.truth, audited.flagged)
        if (each.measure, each.name, each.is_fault) == (kind.measure, kind.name, False)
    )
    assert found.num >= 5
    assert found.num_flagged <= found.num / 2


def test_every_row_is_read_and_every_column_has_its_role(audited: Audited) -> None:
    facts = audited.facts
    assert (facts.num_traces, facts.num_set_aside) == (len(audited.planted.truth), 0)
    assert facts.not_examined == {}
    roles = Counter(role.role for role in facts.roles)
    assert (roles["prompt"], roles["trace"], roles["reference"], roles["label"], roles["finish"]) == (6, 6, 3, 1, 1)


def test_the_counts_of_the_report_are_those_of_the_flagged_traces(audited: Audited) -> None:
    facts = audited.facts
    assert facts.truncation is not None and facts.repetition is not None and facts.contamination is not None
    assert facts.truncation.traces.num == len(audited.flagged["truncation"])
    assert facts.repetition.traces.num == len(audited.flagged["repetition"])
    assert facts.contamination[0].prompts.num == len(audited.flagged["contamination"])


def test_a_source_under_several_licences_is_named(audited: Audited) -> None:
    assert audited.facts.licences is not None
    assert any(said.startswith("contest stands under ") for said in audited.facts.licences.conflicts)


def test_the_same_seed_plants_the_same_set(tmp_path: Path) -> None:
    one, other = (plant(tmp_path / name, 100, 7) for name in ("one", "other"))
    for mine, theirs in zip(one.files, other.files, strict=True):
        assert mine.read_bytes() == theirs.read_bytes()
    assert list(one.truth.values()) == list(other.truth.values())


def test_every_measure_has_faults_and_look_alikes_and_some_kinds_are_held_back() -> None:
    for measure in MEASURES:
        of_measure = [kind for kind in KINDS if kind.measure == measure]
        assert {kind.is_fault for kind in of_measure} == {True, False}, measure
        assert {kind.is_held_back for kind in of_measure} == {True, False}, measure
    assert 0.4 <= sum(kind.is_held_back for kind in KINDS) / len(KINDS) <= 0.6


def trace(kind: str, measure: str, *, is_fault: bool, twin: int = 0) -> Planted:
    return Planted(Problem("?", (), "", "math"), "", "", kind, measure, is_fault, twin=twin)


def test_scores_count_pairs_of_copies_once_and_rows_by_any_of_their_traces() -> None:
    truth = {
        "a, row 1": trace("exact", "duplicates", is_fault=True, twin=1),
        "a, row 2": trace("original", "duplicates", is_fault=False, twin=1),
        "a, row 3": trace("opposite", "duplicates", is_fault=False),
        "b, row 1, trace 1": trace("verbatim", "contamination", is_fault=True),
        "b, row 1, trace 2": trace("verbatim", "contamination", is_fault=True),
        "b, row 2, trace 1": trace("loop", "repetition", is_fault=True),
        "b, row 2, trace 2": trace("healthy", "", is_fault=False),
    }
    flagged = {
        "duplicates": {"a, row 2", "a, row 3"},
        "contamination": {"b, row 1"},
        "repetition": {"b, row 2, trace 2"},
    }
    found = {each.measure: each for each in scores(truth, flagged)}
    assert found["duplicates"] == Scored("duplicates", 1, 1, 2, 1)
    assert found["contamination"] == Scored("contamination", 1, 1, 1, 1)
    assert found["repetition"] == Scored("repetition", 1, 0, 1, 0)
    assert (found["repetition"].recall, found["duplicates"].precision) == (0.0, 0.5)
    assert KindScore("duplicates", "opposite", False, 1, 1) in kinds(truth, flagged)


def test_flagged_lines_are_plain_json(tmp_path: Path, audited: Audited) -> None:
    path = audited.planted.files[0].parent.parent / "found" / "flagged.jsonl"
    first = json.loads(path.read_text(encoding="utf-8").partition("\n")[0])
    assert first.keys() == {"where", "measure", "sign", "why"}
