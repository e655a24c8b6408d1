"""Near-duplicates among prompts of 300 characters: how fast they are found, how many, and what else is lost.

    python scripts/bench/prompts.py [--rows 10000]

One row in ten repeats an earlier one with a preface, in capitals, or without one of its words. Peers are MinHash with
five-word shingles as each package offers it, in environments of their own. distill does more in its time: it reads
every column, normalises LaTeX, checks references and detects languages. Not compared: text-dedup, which brings
Spark along and whose requirements pip had not resolved after six minutes, and SemHash, which needs a hub's weights.
"""

import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import peers
import results
from cost import cost
from results import Figure, figure

PEER = Path(__file__).with_name("prompts_peer.py")
NUM_CHARS = 300
SHARE_DUPLICATES = 0.1
FREQUENT = "the of and is in to that for with by from are each which has how".split()
NEEDS = {
    "datatrove": peers.DATATROVE,
    "datasketch": ("datasketch",),
    "rensa": ("rensa",),
}


class Row(NamedTuple):
    """A prompt, and which row it repeats: itself, if none."""

    text: str
    origin: int


def main() -> None:
    """Make the rows, measure and report."""
    parser = results.parser(__doc__)
    parser.add_argument("--rows", type=int, help="default: 10,000, with --quick 500")
    options = parser.parse_args()
    rows = list(make_rows(options.rows or (500 if options.quick else 10_000)))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.jsonl"
        with file.open("w") as lines:
            for number, row in enumerate(rows):
                lines.write(json.dumps({"id": str(number), "prompt": row.text, "answer": str(row.origin)}) + "\n")
        results.report(options, lambda: list(measure(rows, file)))


def measure(rows: list[Row], file: Path) -> Iterator[Figure]:
    """One round."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept.jsonl"
        line: list[str | Path] = [sys.executable, "-m", "distill", "prompts", file, "--out", kept, "--workers", "2"]
        yield from _figures(peers.ours(), rows, line, kept)
    for name, needs in NEEDS.items():
        python = peers.python(name, *needs)
        with tempfile.TemporaryDirectory() as folder:
            kept = Path(folder) / "kept.jsonl"
            yield from _figures((name, peers.version(name, python)), rows, [python, PEER, name, file, kept], kept)


def _figures(who: tuple[str, str], rows: list[Row], line: list[str | Path], kept: Path) -> Iterator[Figure]:
    """What a command took, and of how many originals it kept more than one row, or none."""
    cpu_s = cost(line).cpu_s
    numbers = (int(json.loads(each)["id"]) for each in kept.read_text().splitlines())
    num_kept = Counter(rows[number].origin for number in numbers)
    originals = {row.origin for row in rows}
    num_repeats = len(rows) - len(originals)
    missed = sum(number - 1 for number in num_kept.values())
    lost = len(originals) - len(num_kept)
    yield figure(("prompts", f"{len(rows):,} rows deduplicated"), who, len(rows) / cpu_s, "rows per CPU-second")
    where = ("prompts", f"of {num_repeats:,} near-duplicates, missed")
    yield figure(where, who, missed, "rows", higher_is_better=False)
    where = ("prompts", f"of {len(originals):,} different prompts, lost")
    yield figure(where, who, lost, "rows", higher_is_better=False)


def make_rows(number: int, seed: int = 0) -> Iterator[Row]:
    """So many prompts, the same for the same seed."""
    chance = random.Random(seed)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(3, 9))) for _ in range(20_000)]
    words[: len(FREQUENT)] = FREQUENT  # else the rows were of no language, which takes longer to find out
    originals: list[Row] = []
    for place in range(number):
        if originals and chance.random() < SHARE_DUPLICATES:
            origin = chance.choice(originals)
            yield origin._replace(text=spoilt(chance, origin.text))
        else:
            originals.append(Row(_problem(chance, words), place))
            yield originals[-1]


def spoilt(chance: random.Random, text: str) -> str:
    """The text with a preface, in capitals, or without one of its words."""
    words = text.split(" ")
    plain = [place for place, word in enumerate(words) if word.isalpha()]
    gone = chance.choice(plain)
    return chance.choice((f"Please help: {text}", text.upper(), " ".join(words[:gone] + words[gone + 1 :])))


def _problem(chance: random.Random, words: list[str]) -> str:
    """Text of about 300 characters, with formulas; frequent words are frequent, as in language."""
    parts: list[str] = []
    length = 0
    while length < NUM_CHARS:
        part = words[int(len(words) ** chance.random()) - 1]
        if chance.random() < 0.12:
            low, middle, high = chance.randint(1, 9), chance.randint(1, 99), chance.randint(1, 9999)
            part = rf"$x_{{{low}}}^2 + \frac{{{middle}}}{{y}} \le {high}$"
        parts.append(part)
        length += len(part) + 1
    return " ".join(parts).capitalize() + "."


if __name__ == "__main__":
    main()
