"""Short answers: distill's checker against others, on the same pairs in one run, one process each.

    python scripts/bench/math_answer.py [--pairs 2000]

Times are CPU seconds of the one process. math-verify is called with bare strings boxed, which suits it best, and as
its README says ("bare"). latex2sympy2-extended is the parser below it, with sympy's `simplify` on the difference.
The project's own pairs were written, or used since, to mend its rules; those of math-verify are its own tests.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import peers
import results
from results import Figure, figure

from distill.records import Outcome
from distill.verifiers.math_answer import STRICT, extract
from distill.verifiers.math_answer.comparing.families import progressions
from distill.verifiers.math_answer.decide import read_reference, reference_text
from distill.verifiers.math_answer.numbers import constants
from distill.verifiers.math_answer.numbers.compiled import compiled
from distill.verifiers.math_answer.numbers.modular import image_of
from distill.verifiers.math_answer.reading.literals import whole_literal
from distill.verifiers.math_answer.reading.parse import readings
from distill.verifiers.math_answer.tree import variables
from distill.verifiers.math_answer.workers import symbolic
from distill.verifiers.math_answer.workers.worker import answer

DATA = peers.ROOT / "tests" / "data"
NOTATIONS = "other notations of one answer, and near misses"
GROUPS = {
    "math-verify's own tests": ("math_pairs",),
    NOTATIONS: ("math_metamorphic",),
    "adversarial": ("math_adversarial",),
    "sets that were held out once": tuple(sorted(path.stem for path in DATA.glob("math_heldout*.jsonl"))),
}
CACHES = (
    reference_text, read_reference, readings, whole_literal, variables, progressions,
    constants.facts, constants.exact, compiled, image_of,
)  # fmt: skip
"""What the checker remembers of texts and trees; the figures count its making, once in each set of pairs."""
LONG = "completions of 20,000 characters"
MEANING = {Outcome.PASS: True, Outcome.FAIL: False, Outcome.ABSTAIN: None, None: None}


class Peer(NamedTuple):
    """A checker of `math_answer_peer.py`, and what it needs."""

    package: str
    checker: str
    home: str
    needs: tuple[str, ...]

    def python(self) -> Path:
        """The interpreter that has it."""
        return peers.python(self.home, *self.needs)


VERIFY = ("math-verify", ("math-verify[antlr4_13_2]",))
PEERS = {
    "math-verify": Peer("math-verify", "math_verify", *VERIFY),
    "math-verify, bare": Peer("math-verify", "math_verify_bare", *VERIFY),
    "mathruler": Peer("mathruler", "mathruler", "mathruler", ("mathruler", "sympy", "pylatexenc", "tqdm")),
    "latex2sympy2-extended": Peer("latex2sympy2-extended", "latex2sympy", *VERIFY),
}


class Pair(NamedTuple):
    """A reference, a completion, and whether it is right."""

    reference: str
    completion: str
    is_right: bool


class Result(NamedTuple):
    """What one checker did on one set of pairs; verdicts are True, False or None (undecided)."""

    verdicts: list[bool | None]
    seconds: list[float]


def pair_sets(num_pairs: int) -> dict[str, list[Pair]]:
    """At most so many pairs of each group, and half as many long completions."""
    rng = random.Random(0)
    groups = {group: [pair for name in names for pair in _read(name)] for group, names in GROUPS.items()}
    sets = {group: rng.sample(pairs, min(num_pairs, len(pairs))) for group, pairs in groups.items()}
    sets[LONG] = [_lengthened(pair, rng) for pair in rng.sample(sets[NOTATIONS], num_pairs // 2)]
    return sets


def _read(name: str) -> list[Pair]:
    rows = map(json.loads, (DATA / f"{name}.jsonl").read_text().splitlines())
    return [Pair(row["gold"], row["pred"], row["expected"]) for row in rows]


def _lengthened(pair: Pair, rng: random.Random) -> Pair:
    """The answer, boxed, at the end of a solution of 20,000 characters on average."""
    length, parts, num_chars = rng.randint(15_000, 25_000), list[str](), 0
    while num_chars < length:
        k = len(parts)
        parts.append(
            f"Note that $a_{{{k}}} = \\frac{{{k}}}{{{k + 1}}}$, so the sum is at most {k}. We consider $x^{k % 9}$. "
        )
        num_chars += len(parts[-1])
    return pair._replace(completion=f"{''.join(parts)}\nTherefore the answer is $\\boxed{{{pair.completion}}}$.")


def check(reference: str, completion: str) -> bool | None:
    """All tiers as a worker runs them, in this process and without its deadline."""
    found = extract(completion)
    return False if found is None else MEANING[answer(reference, found, STRICT)[0].outcome]


def ours(check: Callable[[str, str], bool | None], pairs: list[Pair]) -> Result:
    """Every pair once, in order, with empty caches at the start."""
    for cached in CACHES:
        cached.cache_clear()
    verdicts: list[bool | None] = []
    seconds: list[float] = []
    for pair in pairs:
        began_s = time.process_time()
        verdicts.append(check(pair.reference, pair.completion))
        seconds.append(time.process_time() - began_s)
    return Result(verdicts, seconds)


def peer_results(peer: Peer, sets: dict[str, list[Pair]]) -> dict[str, Result]:
    """A peer's results from a process of its own."""
    command: list[str | Path] = [peer.python(), Path(__file__).with_name("math_answer_peer.py"), peer.checker]
    found = peers.output(command, json.dumps(sets)).splitlines()[-1]
    return {group: Result(*fields) for group, fields in json.loads(found).items()}


def measure(sets: dict[str, list[Pair]]) -> Iterator[Figure]:
    """One round."""
    symbolic.warm()
    found = {peers.ours(): {group: ours(check, pairs) for group, pairs in sets.items()}}
    for name, peer in PEERS.items():
        found[name, peers.version(peer.package, peer.python())] = peer_results(peer, sets)
    for who, by_group in found.items():
        whole = [each for group in GROUPS for each in by_group[group].seconds]
        long = by_group[LONG].seconds
        yield figure(
            ("math_answer", f"{len(whole):,} short pairs"), who, len(whole) / sum(whole), "verdicts per CPU-second"
        )
        yield figure(("math_answer", LONG), who, len(long) / sum(long), "verdicts per CPU-second")
        yield figure(
            ("math_answer", "the slowest pair"), who, 1e3 * max(whole + long), "CPU ms", higher_is_better=False
        )
        for group in GROUPS:
            yield _accuracy(group, who, by_group[group].verdicts, sets[group])
        passed = [(v, p) for group in GROUPS for v, p in zip(by_group[group].verdicts, sets[group], strict=True)]
        num_wrong = sum(not pair.is_right for _, pair in passed)
        false_passes = sum(verdict is True and not pair.is_right for verdict, pair in passed)
        where = ("math_answer", f"false passes of {num_wrong:,} wrong answers")
        yield figure(where, who, false_passes, "passes", higher_is_better=False)


def _accuracy(group: str, who: tuple[str, str], verdicts: list[bool | None], pairs: list[Pair]) -> Figure:
    num_decided = sum(verdict is pair.is_right for verdict, pair in zip(verdicts, pairs, strict=True))
    return figure(("math_answer", f"right on {len(pairs):,} pairs: {group}"), who, 100 * num_decided / len(pairs), "%")


def main() -> None:
    """Measure and report."""
    sys.setrecursionlimit(20_000)
    parser = results.parser(__doc__)
    parser.add_argument("--pairs", type=int, help="of each set; default: 200, with --quick 20")
    options = parser.parse_args()
    sets = pair_sets(options.pairs or (20 if options.quick else 200))
    results.report(options, lambda: list(measure(sets)))


if __name__ == "__main__":
    main()
