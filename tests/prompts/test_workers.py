"""Rows are decided on alike in this process and in others."""

import numpy as np

from distill.cluster.fan_out import Here, fan_out
from distill.prompts.intake import Decided, DroppedRow, KeptRow, SourceRow
from distill.prompts.overlap.fingerprints import Fingerprints
from distill.prompts.overlap.problems import Problem
from distill.prompts.sources.preset import plain_preset
from distill.prompts.workers import PromptWork
from distill.rows.read import Located

PROBLEM = "Find the sum of all integer bases $b > 9$ for which $17_b$ is a divisor of $97_b$."
ROWS = [
    {"id": "1", "prompt": "How many apples are 7 bags of 12 apples?", "answer": "84"},
    {"id": "2", "prompt": PROBLEM.upper(), "answer": "70"},
    {"id": "3", "prompt": "Solve $x + 3 = 9$ for $x$.", "answer": r"\frac{"},
    {"id": "4", "prompt": "What is half of 1?", "answer": r"\frac12"},
]


def decide(num_processes: int) -> list[Decided]:
    preset = plain_preset({})
    rows = [SourceRow("s", preset, Located(row, f"row {row['id']}")) for row in ROWS]
    work = PromptWork([Problem("aime, row 1", PROBLEM)])
    return list(fan_out([rows[:3], rows[3:]], work, Here(num_processes)))


def test_rows_keep_their_order_and_only_kept_ones_have_fingerprints() -> None:
    first, second = decide(1)
    assert [type(row) for row in first.rows] == [KeptRow, DroppedRow, DroppedRow]
    assert [row.fate.value for row in first.rows if isinstance(row, DroppedRow)] == ["contaminated", "set aside"]
    assert (len(first.fingerprints.exact), len(second.fingerprints.exact)) == (1, 1)


def test_other_processes_decide_alike() -> None:
    for here, there in zip(decide(1), decide(2), strict=True):
        assert here.rows == there.rows
        assert _lists(here.fingerprints) == _lists(there.fingerprints)


def _lists(found: Fingerprints) -> list[list[int]]:
    return [np.array(part).tolist() for part in found]
