"""A planted trace and what is true of it; where healthy ones come from."""

import random
from collections.abc import Callable
from typing import NamedTuple

from tests.audit.planting.texts import Problem, Problems, answer, reasoning
from tests.problems import problems

ORIGINAL = "original"
"""The kind of a trace that another one copies."""
LICENCES = ("apache-2.0", "mit", "cc-by-4.0")
SOURCES = dict(zip(("exercises", "contest", "textbook"), LICENCES, strict=True))
"""Each source has one licence, unless a fault says otherwise."""


class Planted(NamedTuple):
    """A trace, and the truth about it."""

    problem: Problem
    reasoning: str
    answer: str
    kind: str = "healthy"
    measure: str = ""
    is_fault: bool = False
    gold: str | None = None
    """What the set says is right; None: what is."""
    label: bool = True
    finish: str = "stop"
    is_closed: bool = True
    num_tokens: int | None = None
    licence: str | None = LICENCES[0]
    source: str = "exercises"
    twin: int = 0
    """Those with the same number, if it is not 0, are copies of one another."""
    also: frozenset[str] = frozenset()
    """Measures that may say something of it, or not: neither is a mistake."""


class Maker:
    """Draws traces, the same for the same seed."""

    def __init__(self, seed: int, num_benchmark: int) -> None:
        self.chance = random.Random(seed)
        self.problems = Problems(self.chance)
        texts = problems(2 * num_benchmark, seed)
        self.benchmark, self._beside = texts[:num_benchmark], texts[num_benchmark:]
        self._next, self._next_beside, self._twin = 0, 0, 0

    def healthy(self, *, with_answer: bool, problem: Problem | None = None) -> Planted:
        """Nothing is wrong with it."""
        found = problem or self.problems.draw(with_answer=with_answer)
        source = self.chance.choice(tuple(SOURCES))
        return Planted(
            found, reasoning(self.chance, found), answer(self.chance, found), source=source, licence=SOURCES[source]
        )

    def of_benchmark(self) -> str:
        """A problem of the benchmark that no trace has yet."""
        self._next += 1
        return self.benchmark[self._next - 1]

    def beside_benchmark(self) -> str:
        """A problem from the same templates, with other numbers."""
        self._next_beside += 1
        return self._beside[self._next_beside - 1]

    def twin(self) -> int:
        """A number for copies of one another."""
        self._twin += 1
        return self._twin


Make = Callable[[Maker, Planted], Planted | tuple[Planted, ...]]
"""From a healthy trace to one that is at fault, or looks so; or to several."""
