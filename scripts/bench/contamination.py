"""How many planted benchmark problems are found, and how many clean rows are lost, beside what others do.

    PYTHONPATH=. python scripts/bench/contamination.py [--rows 3000] [--benchmark FILE --clean FILE]

Plants each benchmark problem once, spoilt by one to three of: renamed unknowns, other LaTeX, other blanks, other
case, other framing, other order of clauses. Without files the problems come from templates, and clean rows from the
same templates with other numbers; with files (JSONL with `prompt`, `problem` or `question`) they are yours.

Two peers are written out here, as they are a few lines each: open-r1 drops a row that shares eight words in a row
with a benchmark after lower-casing; OpenThoughts one whose rapidfuzz ratio with a benchmark problem is at least 95.
datatrove's n-gram decontamination runs in an environment of its own.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import peers
import results
from rapidfuzz import fuzz, process
from results import Figure, figure

from distill.errors import InputError
from distill.prompts.overlap.contamination import Benchmarks
from distill.prompts.overlap.content import content
from distill.prompts.overlap.problems import Problem
from distill.prompts.overlap.text import tokens
from distill.rows.read import read_rows
from tests.planted import plant
from tests.problems import problems

Finder = Callable[[list[str]], list[bool]]
ROWS_AT_ONCE = 1000
"""As many as `distill prompts` compares at once."""
QUESTION_COLUMNS = ("prompt", "problem", "question", "Question", "question_content", "text", "instruction")
"""Where files have their problems."""


def main() -> None:
    """Plant, measure and report."""
    parser = results.parser(__doc__)
    parser.add_argument("--rows", type=int, help="default: 3,000, with --quick 200")
    parser.add_argument("--benchmark", type=Path)
    parser.add_argument("--clean", type=Path)
    options = parser.parse_args()
    num_rows = options.rows or (200 if options.quick else 3000)
    benchmark = read(options.benchmark) if options.benchmark else problems(num_rows, seed=2)
    same = set(benchmark)
    others = read(options.clean) if options.clean else problems(num_rows, seed=3)
    clean = [text for text in others if text not in same][:num_rows]
    chance = random.Random(7)
    planted = [plant(text, chance)[0] for text in chance.sample(benchmark, min(num_rows, len(benchmark)))]
    results.report(options, lambda: list(measure(benchmark, planted, clean)))


def measure(benchmark: list[str], planted: list[str], clean: list[str]) -> Iterator[Figure]:
    """One round: every method on the same rows; the time to index the benchmark does not count."""
    rows = [*planted, *clean]
    methods = {peers.ours(): ours, ("8 words in a row", ""): eight_words, ("rapidfuzz ratio of 95", ""): near}
    for who, make in methods.items():
        finder = make(benchmark)
        start = time.process_time()
        dropped = finder(rows)
        yield from _figures(who, len(benchmark), len(planted), dropped, time.process_time() - start)
    python = peers.python("datatrove", *peers.DATATROVE)
    script = Path(__file__).with_name("contamination_peer.py")
    dropped, cpu_s = json.loads(peers.output([python, script], json.dumps((benchmark, rows))).splitlines()[-1])
    who = ("datatrove", peers.version("datatrove", python))
    yield from _figures(who, len(benchmark), len(planted), dropped, cpu_s)


def _figures(
    who: tuple[str, str], num_problems: int, num_planted: int, dropped: list[bool], cpu_s: float
) -> Iterator[Figure]:
    """Of the rows the planted ones come first."""
    missed, lost = num_planted - sum(dropped[:num_planted]), sum(dropped[num_planted:])
    where = (
        f"of {num_planted:,} planted problems, missed",
        f"of {len(dropped) - num_planted:,} clean rows with the same words and other numbers, dropped",
    )
    yield figure(("contamination", where[0]), who, missed, "rows", higher_is_better=False)
    yield figure(("contamination", where[1]), who, lost, "rows", higher_is_better=False)
    case = f"rows against {num_problems:,} problems"
    yield figure(("contamination", case), who, len(dropped) / cpu_s, "rows per CPU-second")


def read(path: Path) -> list[str]:
    """The problems of a file."""
    found = []
    for row, where in read_rows(path):
        text = None if isinstance(row, InputError) else next((row[c] for c in QUESTION_COLUMNS if row.get(c)), None)
        if not isinstance(text, str):
            sys.exit(f"{where} has no problem in any of {', '.join(QUESTION_COLUMNS)}")
        found.append(text)
    return found


def ours(benchmark: list[str]) -> Finder:
    """What `distill prompts --decontaminate` does."""
    index = Benchmarks([Problem(text, text) for text in benchmark])

    def find(rows: list[str]) -> list[bool]:
        chunks = [rows[at : at + ROWS_AT_ONCE] for at in range(0, len(rows), ROWS_AT_ONCE)]
        return [
            match is not None
            for chunk in chunks
            for match in index.match(chunk, [""] * len(chunk), content(tokens(chunk)))
        ]

    return find


def eight_words(benchmark: list[str]) -> Finder:
    """Any eight words in a row, lower-cased."""
    known = {run for text in benchmark for run in runs(text)}
    return lambda rows: [not known.isdisjoint(runs(text)) for text in rows]


def near(benchmark: list[str]) -> Finder:
    """A rapidfuzz ratio of at least 95 with any problem."""
    return lambda rows: [
        process.extractOne(text, benchmark, scorer=fuzz.ratio, score_cutoff=95) is not None for text in rows
    ]


def runs(text: str) -> set[tuple[str, ...]]:
    """Eight words in a row, as they stand there."""
    words = text.lower().split()
    return set(zip(*(words[start:] for start in range(8)), strict=False))


if __name__ == "__main__":
    main()
