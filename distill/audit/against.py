"""Whether prompts of a dataset are problems of benchmarks."""

from collections.abc import Sequence
from typing import NamedTuple

from distill.prompts.collect import read_benchmarks
from distill.prompts.overlap.chunk import TokenChunk
from distill.prompts.overlap.contamination import Benchmarks
from distill.prompts.overlap.problems import Problem

_MARK = "\x1f"


class NamedProblems(NamedTuple):
    """The problems of one benchmark."""

    name: str
    problems: tuple[Problem, ...]


class Hit(NamedTuple):
    """The problem that a prompt repeats."""

    benchmark: str
    problem: str
    """Where it stands."""
    score: float
    rule: str


def read_against(names: Sequence[str]) -> tuple[NamedProblems, ...]:
    """The problems of each benchmark. Raises InputError or HubError where one cannot be read, or holds none."""
    return tuple(NamedProblems(name, tuple(read_benchmarks([name]))) for name in names)


class Against:
    """Compares prompts with the problems of all benchmarks together, by the rules of `distill prompts`."""

    def __init__(self, benchmarks: Sequence[NamedProblems]) -> None:
        self._known = Benchmarks(
            [
                problem._replace(label=f"{benchmark.name}{_MARK}{problem.label}")
                for benchmark in benchmarks
                for problem in benchmark.problems
            ]
        )

    def hits(self, texts: Sequence[str], answers: Sequence[str], found: TokenChunk) -> list[Hit | None]:
        """For each text, whose content is given, the problem that it repeats, of several the most alike."""
        matches = self._known.match(texts, answers, found)
        return [None if match is None else Hit(*_parts(match.problem), match.score, match.rule) for match in matches]


def _parts(label: str) -> tuple[str, str]:
    benchmark, _, problem = label.partition(_MARK)
    return benchmark, problem
