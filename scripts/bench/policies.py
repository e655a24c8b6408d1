"""What each policy saves, by simulation: the policies of `distill.sampling.policy` themselves, played on drawn groups.

    python scripts/bench/policies.py
    python scripts/bench/policies.py --prompts 10000 --sigma 0.6 --interval 512 --verdict 600

Assumptions, each of which may be swept:
- the pass rate of a prompt is drawn from a shape: `easy` (mean .95), `mid` (U-shaped, mean .60), `hard` (mean .30),
  `openr1` (40 % of the prompts never verify, as open-r1 reports; the others have mean .83);
- a sample's length is lognormal: mean 6,000 tokens, up to 2.5 times more for harder prompts, sigma .40 within a prompt
  (`--sigma`), wrong answers 1.5 times longer, cut at 32,768;
- all samples of a group decode in lock-step, a token a tick; the endpoint tells every `--interval` tokens how far
  it is, and a verdict takes `--verdict` tokens' time.
Not modelled: different speeds, queues, prompts' own cost, retries.
"""

import heapq
import math
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

import peers
import results
from results import Figure, figure

from distill.records import Outcome
from distill.sampling.policy import AtLeast, Ended, Fixed, Group, GroupDecision, Policy, ShortestOf

CAP = 32_768
MEAN_TOKENS = 6_000
SHAPES: dict[str, Callable[[random.Random], float]] = {
    "easy": lambda rng: rng.betavariate(9.5, 0.5),
    "mid": lambda rng: rng.betavariate(0.6, 0.4),
    "hard": lambda rng: rng.betavariate(0.3, 0.7),
    "openr1": lambda rng: 0.0 if rng.random() < 0.4 else rng.betavariate(2.5, 0.5),
}


class World(NamedTuple):
    """What may be swept."""

    sigma: float
    interval: int
    verdict: int


class Fate(NamedTuple):
    """What a sample becomes if it may finish."""

    num_tokens: int
    outcome: Outcome


def fates(rng: random.Random, pass_rate: float, num_samples: int, world: World) -> list[Fate]:
    """The samples of one prompt."""
    mean = MEAN_TOKENS * (1 + 1.5 * (1 - pass_rate)) / 1.6
    drawn = []
    for _ in range(num_samples):
        is_right = rng.random() < pass_rate
        length = mean * (1 if is_right else 1.5) * rng.lognormvariate(-(world.sigma**2) / 2, world.sigma)
        is_right &= length < CAP
        drawn.append(Fate(min(CAP, max(1, math.ceil(length))), Outcome.PASS if is_right else Outcome.FAIL))
    return drawn


def play(policy: Policy, own: Sequence[Fate], world: World) -> Group:
    """One group from start to end. Every event is a sample's end, its verdict, or word of how far it is."""
    group, clock = Group(), 0
    begun: dict[int, int] = {}
    events: list[tuple[int, int, str]] = []

    def obey(decision: GroupDecision) -> None:
        for index in decision.cancel:
            group.under_way.pop(index)
            group.ended[index] = Ended(min(clock - begun[index], own[index].num_tokens), Outcome.ABSTAIN, True)
        for index in decision.start:
            group.under_way[index], begun[index] = 0, clock
            heapq.heappush(events, (clock + own[index].num_tokens, index, "end"))

    obey(policy.decide(group))
    while events:
        clock, index, kind = heapq.heappop(events)
        if kind == "verdict":
            group.ended[index] = group.ended[index]._replace(outcome=own[index].outcome)
            # Word of progress matters only from here on: the next one is due within an interval.
            for other, start in begun.items():
                if other in group.under_way:
                    wait = max(own[index].num_tokens + 1 - (clock - start), 0)
                    heapq.heappush(events, (_next_word(clock + wait, start, world.interval), other, "word"))
        elif index not in group.under_way:
            continue
        elif kind == "end":
            del group.under_way[index]
            group.ended[index] = Ended(own[index].num_tokens, None)
            heapq.heappush(events, (clock + world.verdict, index, "verdict"))
        else:
            group.under_way[index] = clock - begun[index]
        obey(policy.decide(group))
    return group


def _next_word(clock: int, start: int, interval: int) -> int:
    return start + -(-(clock - start) // interval) * interval


class Cell(NamedTuple):
    """A policy on a shape."""

    saved: float
    """Share of the tokens of `fixed`."""
    num_differing: int
    """Groups in which another trace is selected than by `fixed`."""


def compare(policy: Policy, shape: str, num_prompts: int, world: World, seed: int) -> Cell:
    """The policy against `fixed` on the same fates."""
    rng = random.Random(seed)
    fixed, spent, whole, differing = Fixed(num_samples=policy.traits.max_samples), 0, 0, 0
    for _ in range(num_prompts):
        own = fates(rng, SHAPES[shape](rng), policy.traits.max_samples, world)
        group, reference = play(policy, own, world), play(fixed, own, world)
        spent += sum(ended.num_tokens for ended in group.ended.values())
        whole += sum(ended.num_tokens for ended in reference.ended.values())
        differing += min(group.passed, default=None) != min(reference.passed, default=None)
    return Cell(1 - spent / whole, differing)


def measure(num_prompts: int, world: World, seed: int) -> Iterator[Figure]:
    """One round on fates of its own."""
    policies: dict[str, Policy] = {
        "shortest_of(16)": ShortestOf(num_samples=16),
        "at_least(1, 16)": AtLeast(num_passes=1, max_samples=16),
    }
    for name, policy in policies.items():
        cells = {shape: compare(policy, shape, num_prompts, world, seed) for shape in SHAPES}
        for shape, cell in cells.items():
            where = ("policies", f"tokens saved by `{name}`, pass rates {shape}")
            yield figure(where, peers.ours(), 100 * cell.saved, "% of `fixed(16)`")
        if isinstance(policy, ShortestOf):
            where = ("policies", f"other traces chosen than by `fixed(16)`, of {len(SHAPES) * num_prompts:,} groups")
            num_differing = sum(cell.num_differing for cell in cells.values())
            yield figure(where, peers.ours(), num_differing, "groups", higher_is_better=False)


def main() -> None:
    """Measure and report."""
    parser = results.parser(__doc__)
    parser.add_argument("--prompts", type=int, help="of each shape; default: 500, with --quick 50")
    parser.add_argument("--sigma", type=float, default=0.4)
    parser.add_argument("--interval", type=int, default=128)
    parser.add_argument("--verdict", type=int, default=100, metavar="TOKENS")
    options = parser.parse_args()
    world, seeds = World(options.sigma, options.interval, options.verdict), count()
    num_prompts = options.prompts or (50 if options.quick else 500)
    results.report(options, lambda: list(measure(num_prompts, world, next(seeds))))


if __name__ == "__main__":
    main()
