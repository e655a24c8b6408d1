"""What `distill audit` finds of what was planted: precision and recall of each measure, and what the rows cost.

    python scripts/bench/audit.py [--rows 10000] [--seed 0] [--kinds all|tuned|held-back]

Ten thousand rows in six public shapes, made by `tests/audit/planted.py`: for each measure 300 faults of several kinds,
and 200 rows that only look like one. Of 58 kinds 25 are held back: no rule was tuned on them. The texts are
generated, and cleaner than real ones: what is missed here is missed, what is found here is no promise.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import peers
import results
from cost import cost
from results import Figure, figure

from distill.audit.flagged import read_flagged
from tests.audit.planted import PlantedSet, plant
from tests.audit.planted_score import by_measure, kinds, scores
from tests.audit.planting.kinds import KINDS, Kind


def main() -> None:
    """Plant, audit and report."""
    parser = results.parser(__doc__)
    parser.add_argument("--rows", type=int, help="default: 10,000, with --quick 1,000")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", choices=("all", "tuned", "held-back"), default="all")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        num_rows = options.rows or (1_000 if options.quick else 10_000)
        planted = plant(Path(folder, "set"), num_rows, options.seed, _chosen(options.kinds))
        results.report(options, lambda: list(measure(planted, Path(folder, "found"))))


def _chosen(kinds_of: str) -> tuple[Kind, ...]:
    return tuple(kind for kind in KINDS if kinds_of == "all" or kind.is_held_back == (kinds_of == "held-back"))


def measure(planted: PlantedSet, out: Path) -> Iterator[Figure]:
    """One round."""
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        line: list[str | Path] = [sys.executable, "-m", "distill", "audit", *planted.files]
        took = cost([*line, "--against", planted.benchmark, "--out", folder])
        flagged = by_measure(read_flagged(Path(folder, "flagged.jsonl")))
    who, num_rows = peers.ours(), len({where.partition(", trace ")[0] for where in planted.truth})
    for kind in kinds(planted.truth, flagged):
        what = "fault" if kind.is_fault else "look-alike"
        print(f"{kind.measure}, {what}, {kind.name}: {kind.num_flagged} of {kind.num} flagged")
    for found in scores(planted.truth, flagged):
        case = f"{found.measure}: {{}} ({found.num_planted} planted, {found.num_flagged} flagged)"
        yield figure(("audit", case.format("precision")), who, found.precision, "share")
        yield figure(("audit", case.format("recall")), who, found.recall, "share")
    where = ("audit", f"{num_rows:,} planted rows")
    yield figure(where, who, num_rows / took.cpu_s, "rows per CPU-second")
    yield figure(("audit", f"memory for {num_rows:,} planted rows"), who, took.peak_mb, "MB", higher_is_better=False)


if __name__ == "__main__":
    main()
