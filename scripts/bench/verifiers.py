"""What the verifier of short answers says on labelled sets that others published, beside other checkers.

    python scripts/bench/verifiers.py --sets DIR [--answers 1000] [--policies strict] [--checkers math-verify]

Put the files that `verifier_sets.py` names into one folder, under any folders; `.sets/` in the checkout is looked at
unless another is named. Shares are of all right, or all wrong, answers of a set; brackets are Wilson's intervals of
95 %. An answer with several references passes if it passes with one of them, and fails if it fails with all.

Each checker gets the same references and completions; answers that a set gives bare are boxed for all of them. distill
runs as `distill verify` does, in killable workers. math-verify runs in a process of its own with its own limits of five
seconds for parsing and for comparing: `verify(parse(reference), parse(completion))`, where references without `$` or a
box are boxed, which suits it best. It knows no third outcome: an abstain is an exception.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import peers
import results
from math_answer import MEANING, PEERS, Pair, peer_results
from results import Figure, figure
from verifier_sets import SETS, Labelled

from distill.metrics import wilson
from distill.ordered import in_order
from distill.records import Message, Prompt
from distill.references import Answer
from distill.verifiers.math_answer import MathAnswer, convention
from distill.verifiers.math_answer.convention import STRICT, Convention

CHECKERS = {"math-verify": PEERS["math-verify"]._replace(checker="math_verify_marked"), "mathruler": PEERS["mathruler"]}
POLICIES = ("strict", "reference-digits")
CONVENTIONS = {each.name: each for each in vars(convention).values() if isinstance(each, Convention)}
WORDS = {True: "passed", False: "failed"}
Outcomes = Mapping[str, Sequence[bool | None]]
"""Of each set's pairs or answers: passed, failed, or None: undecided."""
Who = tuple[str, str]


def pairs_of(answers: Sequence[Labelled]) -> list[Pair]:
    """A pair for each reference of each answer."""
    return [Pair(reference, each.completion, each.is_right) for each in answers for reference in each.references]


def folded(answers: Sequence[Labelled], by_pair: Sequence[bool | None]) -> list[bool | None]:
    """One outcome an answer, of those with each of its references.

    >>> answers = [Labelled(("a", "b"), "a", True), Labelled(("c", "d"), "e", False), Labelled(("f",), "f", True)]
    >>> folded(answers, [True, False, False, None, True])
    [True, None, True]
    """
    left = iter(by_pair)
    found = [set(islice(left, len(each.references))) for each in answers]
    return [True if True in outcomes else None if None in outcomes else False for outcomes in found]


async def by_distill(pairs: Sequence[Pair], policy: Convention) -> list[bool | None]:
    """Our own outcomes."""
    verifier = MathAnswer(num_workers=2, convention=policy)

    async def decide(pair: Pair) -> bool | None:
        asked = (Message(role="user", content=""),)
        prompt = Prompt(id="", messages=asked, domain="math", reference=Answer(value=pair.reference))
        return MEANING[(await verifier.verify(prompt, pair.completion)).outcome]

    try:
        return [outcome async for _, outcome in in_order(pairs, decide)]
    finally:
        await verifier.close()


def outcomes(
    sets: Mapping[str, list[Pair]], policies: Sequence[str], checkers: Sequence[str]
) -> Iterator[tuple[Who, Outcomes]]:
    """What each of our policies, and every other checker, says on the pairs of every set."""
    name, version = peers.ours()
    for policy in policies:
        if policy not in CONVENTIONS:
            results.note(f"there is no policy {policy}; there are {', '.join(CONVENTIONS)}")
            continue
        who = (name if policy == STRICT.name else f"{name}, {policy}", version)
        yield who, {each: asyncio.run(by_distill(pairs, CONVENTIONS[policy])) for each, pairs in sets.items()}
    for checker in checkers:
        peer = CHECKERS[checker]
        try:
            who = (checker, peers.version(peer.package, peer.python()))
            yield who, {each: result.verdicts for each, result in peer_results(peer, dict(sets)).items()}
        except peers.Failed as error:
            results.note(f"{checker} is not compared: {str(error).splitlines()[-1]}")


def figures(name: str, who: Who, answers: Sequence[Labelled], said: Sequence[bool | None]) -> Iterator[Figure]:
    """A set's lines of one checker."""
    counts = Counter((each.is_right, outcome) for each, outcome in zip(answers, said, strict=True))
    for is_right, word in ((True, "right"), (False, "wrong")):
        total = sum(each.is_right is is_right for each in answers)
        for outcome in (True, False) if total else ():
            line = f"{name}: {word} answers {WORDS[outcome]}, of {total:,}"
            yield _share(line, who, counts[is_right, outcome], total, is_better=outcome is is_right)
    undecided = counts[True, None] + counts[False, None]
    abstains = _share(f"{name}: abstains, of {len(answers):,}", who, undecided, len(answers), is_better=False)
    if undecided or abstains.is_ours():  # a checker without a third outcome has not abstained less
        yield abstains


def _share(line: str, who: Who, part: int, total: int, *, is_better: bool) -> Figure:
    """A share with its interval where a benchmark of speed has the spread of its rounds."""
    found = wilson(part / total, total)
    made = figure(("verifiers", line), who, 100 * found.mean, "%", higher_is_better=is_better)
    return made._replace(low=max(0.0, round(100 * found.low, 9)), high=min(100.0, 100 * found.high))


def answers_in(folder: Path, at_most: int) -> dict[str, list[Labelled]]:
    """The answers of every set whose files are there, drawn where there are too many; says which sets are not."""
    found: dict[str, list[Labelled]] = {}
    for each in SETS:
        files = each.found(folder)
        if not files:
            results.note(f"{each.name} is not measured: put {' and '.join(each.files)} of {each.place} into --sets")
            continue
        answers = each.answers(files)
        found[each.name] = random.Random(0).sample(answers, min(at_most, len(answers)))
    return found


def measure(
    answers: Mapping[str, list[Labelled]], policies: Sequence[str], checkers: Sequence[str]
) -> Iterator[Figure]:
    """All lines, set by set."""
    said = list(outcomes({name: pairs_of(each) for name, each in answers.items()}, policies, checkers))
    for name, each in answers.items():
        for who, by_set in said:
            yield from figures(name, who, each, folded(each, by_set[name]))


def main() -> None:
    """Measure once, since verdicts do not vary with the round, and report."""
    parser = results.parser(__doc__)
    parser.add_argument("--sets", type=Path, default=peers.ROOT / ".sets", metavar="DIR", help="where the files are")
    parser.add_argument("--answers", type=int, help="at most, of each set; default: 1000, with --quick 20")
    parser.add_argument("--policies", nargs="*", default=POLICIES, metavar="NAME", help="how strictly distill compares")
    parser.add_argument(
        "--checkers", nargs="*", default=CHECKERS, choices=CHECKERS, help="the others; installed if need be"
    )
    options = parser.parse_args()
    answers = answers_in(options.sets, options.answers or (20 if options.quick else 1000))
    results.note("brackets are Wilson's intervals of 95 %; labels are as published")
    found = list(measure(answers, options.policies, options.checkers))
    results.report(options, lambda: found)


if __name__ == "__main__":
    main()
