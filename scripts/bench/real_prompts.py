"""Whether two problems that people wrote are one: precision and recall on pairs near the threshold, labelled by hand.

    PYTHONPATH=. python scripts/bench/real_prompts.py --files DIR

DIR holds public files as `OWNER/NAME/PATH`, as in their repositories (`tests/data/prompt_pairs.jsonl` names them); a
pair whose file is not there is left out and counted. The texts stay where they are public: only places and labels are
in this repository, and 60 pairs of our own. Nobody looked at the held-out pairs while tuning.

The pairs are the hard ones, about as many the same as not: a copy that changes nothing is not among them. Translations
and questions for `m+n` in place of `m/n` count as neither. Low and high are Wilson's intervals of 95 %.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import contamination
import peers
import results
from real_rows import RealRow, row_at
from rensa import RMinHash
from results import Figure

from distill.prompts.overlap.contamination import Benchmarks
from distill.prompts.overlap.content import content
from distill.prompts.overlap.duplicates import Duplicates
from distill.prompts.overlap.fingerprints import fingerprints
from distill.prompts.overlap.problems import Problem
from distill.prompts.overlap.text import tokens
from distill.prompts.overlap.veto import difference
from distill.prompts.turns import clean

PAIRS = results.ROOT / "tests" / "data" / "prompt_pairs.jsonl"
NEITHER = {"different-language", "answer-form"}
SPLITS = {"tune": "pairs used in tuning", "held_out": "held-out pairs", "own": "pairs of our own"}
NUM_PERMUTATIONS, SIMILARITY, NUM_WORDS = 128, 0.8, 5


class Pair(NamedTuple):
    """Two problems, and whether a person says that they are one."""

    split: str
    is_same: bool
    first: RealRow
    second: RealRow


class PairRows(NamedTuple):
    """Two rows as they can be read again."""

    rows: tuple[RealRow, RealRow]

    def answer(self, row: int) -> str:
        """What a row's reference says."""
        return self.rows[row].answer

    def difference(self, first: int, second: int) -> str | None:
        """In what the texts differ."""
        texts = self.rows[first].text, self.rows[second].text
        return difference(*texts) or difference(*reversed(texts))


Judge = Callable[[Pair], bool]


def main() -> None:
    """Read, judge and report."""
    parser = results.parser(__doc__)
    parser.add_argument("--files", type=Path, metavar="DIR", help="without it, only our own pairs are judged")
    options = parser.parse_args()
    pairs = list(read(options.files))
    results.report(options, lambda: list(measure(pairs)))


def read(folder: Path | None) -> Iterator[Pair]:
    """The pairs whose files are there."""
    missing = Counter[str]()
    for line in PAIRS.read_text().splitlines():
        row = json.loads(line)
        if {row["label"], row["kind"]} & NEITHER:
            continue
        try:
            first, second = (_row(folder, row[side]) for side in ("first", "second"))
        except FileNotFoundError:
            missing[row["split"]] += 1
        else:
            yield Pair(row["split"], row["label"] == "same", first, second)
    for split, number in missing.items():
        results.note(f"{number} {SPLITS[split]} left out: their files are not below --files")


def _row(folder: Path | None, found: str | dict[str, str]) -> RealRow:
    if isinstance(found, dict):
        return RealRow(found["text"], found["answer"])
    if folder is None:
        raise FileNotFoundError(found)
    row = row_at(folder, found)
    return row._replace(text=clean(row.text))


def measure(pairs: Sequence[Pair]) -> Iterator[Figure]:
    """One round: every method on the same pairs; contamination looks for each text of a pair in the other one."""
    turned = [pair._replace(first=pair.second, second=pair.first) for pair in pairs]
    for split, name in SPLITS.items():
        own = [pair for pair in pairs if pair.split == split]
        both = [pair for pair in [*pairs, *turned] if pair.split == split]
        for who, judge in ((peers.ours(), are_duplicates), (("rensa", peers.version("rensa")), are_near)):
            yield from _figures(f"{name}, duplicates", who, own, judge)
        for who, judge in (
            (peers.ours(), is_contaminated),
            (
                ("8 words in a row", ""),
                lambda pair: contamination.eight_words([pair.first.text])([pair.second.text])[0],
            ),
            (("rapidfuzz ratio of 95", ""), lambda pair: contamination.near([pair.first.text])([pair.second.text])[0]),
        ):
            yield from _figures(f"{name}, contamination", who, both, judge)


def _figures(case: str, who: tuple[str, str], pairs: Sequence[Pair], judge: Judge) -> Iterator[Figure]:
    said = [judge(pair) for pair in pairs]
    num_right = sum(pair.is_same and each for pair, each in zip(pairs, said, strict=True))
    for what, number in (("precision", sum(said)), ("recall", sum(pair.is_same for pair in pairs))):
        if number:
            low, high = wilson(num_right, number)
            value = 100 * num_right / number
            yield Figure("real prompts", f"{case}: {what}", *who, value, "%", low, high, higher_is_better=True)


def wilson(number: int, of: int) -> tuple[float, float]:
    """Wilson's interval of a share, in percent, at 95 %."""
    z, share = 1.96, number / of
    middle = share + z * z / (2 * of)
    spread = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    low, high = ((middle + sign * spread) / (1 + z * z / of) for sign in (-1, 1))
    return 100 * max(low, 0.0), 100 * min(high, 1.0)


def are_duplicates(pair: Pair) -> bool:
    """What `distill prompts` does with two rows."""
    texts = [pair.first.text, pair.second.text]
    found, duplicates = tokens(texts), Duplicates()
    duplicates.add(fingerprints(texts, found, content(found)), [1, 1])
    return bool(duplicates.find(PairRows((pair.first, pair.second))))


def is_contaminated(pair: Pair) -> bool:
    """What `distill prompts --decontaminate` does with the second text, where the first is a benchmark's."""
    index = Benchmarks([Problem("", pair.first.text, pair.first.answer)])
    texts = [pair.second.text]
    return index.match(texts, [pair.second.answer], content(tokens(texts)))[0] is not None


def finds(make: Callable[[list[str]], contamination.Finder], pair: Pair) -> bool:
    """Whether a peer that knows the first text drops the second."""
    return make([pair.first.text])([pair.second.text])[0]


def are_near(pair: Pair) -> bool:
    """MinHash of five words in a row, at the similarity that is most in use."""
    first, second = (_sketch(row.text) for row in (pair.first, pair.second))
    return float(first.jaccard(second)) >= SIMILARITY


def _sketch(text: str) -> RMinHash:
    words = text.lower().split()
    sketch = RMinHash(num_perm=NUM_PERMUTATIONS, seed=42)
    sketch.update([" ".join(words[at : at + NUM_WORDS]) for at in range(max(1, len(words) - NUM_WORDS + 1))])
    return sketch


if __name__ == "__main__":
    main()
