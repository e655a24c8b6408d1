"""Whether a backtracking matcher may look at a text more than a bounded number of times over.

It does where a text can be cut in several ways: where one loop matches what another matched before it, the places to
go over from one to the other are tried in turn (quadratic), and where a loop can go round in two ways on the same text,
these ways multiply (exponential). This is the theory of infinite and exponential degrees of ambiguity (Weber and Seidl,
"On the degree of ambiguity of finite automata", 1991), applied to matchers as by Weideman and others ("Analyzing
matching time behavior of backtracking regular expression matchers by using ambiguity of NFA", 2016). A search is a loop
before the pattern, which goes over a character at a time.

It tells nothing about texts that are searched again and again, nor about long alternations. Conditions that one
neighbouring character does not decide are taken to hold, so that a pattern may be refused that does no harm.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from automaton import Automaton, Edge

WINDOW = 400
"""How often a character may be looked at again, where repeats are bounded."""


class Ambiguity(NamedTuple):
    """What is wrong with a pattern."""

    growth: str
    repeated: str
    """A text that makes the matcher slow when it is repeated many times, in the right place."""


def ambiguity(automaton: Automaton) -> Ambiguity | None:
    """The worst that can happen, None where the time is linear."""
    search = _Search(automaton)
    for growth, found in (("exponential", search.exponential()), ("quadratic", search.quadratic())):
        if (repeated := next(found, None)) is not None:
            return Ambiguity(growth, repeated)
    return None


class _Search:
    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._states = automaton.states
        self._next: list[list[Edge]] = [[e for e in state.edges if self._mask((i,), (e,))] for i, state in
                                        enumerate(automaton.states)]  # fmt: skip
        self._reach = [self._reachable(state) for state in range(len(self._states))]
        self._component = {
            state: frozenset(other for other in reach if state in self._reach[other])
            for state, reach in enumerate(self._reach)
            if state in reach
        }

    def _mask(self, states: tuple[int, ...], edges: tuple[Edge, ...]) -> int:
        """The characters on which all states can go over their edges at once."""
        before = behind = self._automaton.alphabet.anything
        for state, edge in zip(states, edges, strict=True):
            before &= self._states[state].mask
            behind &= self._states[edge.target].mask
        pairs = {(before, behind)}
        for edge in edges:
            pairs = {(b & x, c & y) for b, c in pairs for x, y in edge.conditions if b & x and c & y}
        found = 0
        for _, mask in pairs:
            found |= mask
        return found & self._automaton.alphabet.every

    def _reachable(self, state: int) -> set[int]:
        found, left = set[int](), [state]
        while left:
            for edge in self._next[left.pop()]:
                if edge.target not in found:
                    found.add(edge.target)
                    left.append(edge.target)
        return found

    def _choices(self, state: int) -> Iterator[tuple[Edge, Edge, frozenset[int]]]:
        """Two ways on, of which the first goes round, and the atomic groups that keep the choice open."""
        for one in self._next[state]:
            if one.target not in self._component[state]:
                continue
            for two in self._next[state]:
                if one is not two and one.left == two.left and self._mask((state, state), (one, two)):
                    yield one, two, self._states[one.target].groups & self._states[two.target].groups

    def exponential(self) -> Iterator[str]:
        """Loops that go round in two ways."""
        for state, component in self._component.items():
            for one, two, open_groups in self._choices(state):
                if two.target not in component or one.left & open_groups:
                    continue  # the way round leaves the group that the choice was made in
                text = self._walk(
                    (state, state), [(one, two)], (state, state), (component, component), (open_groups, open_groups)
                )
                if text is not None:
                    yield text

    def quadratic(self) -> Iterator[str]:
        """Loops that match what a loop before them matched, and may then fail."""
        for state in self._component:
            for one, two, open_groups in self._choices(state):
                safe = self._automaton.ends[max(open_groups, default=0)]
                for place in self._component:
                    if place in safe or place not in self._reach[state]:
                        continue
                    if self._states[state].num_repeats * self._states[place].num_repeats <= WINDOW:
                        continue
                    text = self._loops(state, (one, two), place, safe, open_groups)
                    if text is not None:
                        yield text

    def _loops(
        self, state: int, choice: tuple[Edge, Edge], place: int, safe: set[int], open_groups: frozenset[int]
    ) -> str | None:
        loop = self._component[place] - safe
        between = {other for other in self._reach[state] if place in self._reach[other]}
        first = [(*choice, edge) for edge in self._next[place] if edge.target in loop]
        return self._walk(
            (state, state, place),
            [edges for edges in first if edges[1].target in between],
            (state, place, place),
            (self._component[state], between, loop),
            (frozenset(), open_groups, open_groups),
        )

    def _walk(
        self,
        start: tuple[int, ...],
        first: Iterable[tuple[Edge, ...]],
        goal: tuple[int, ...],
        allowed: tuple[Iterable[int], ...],
        held: tuple[frozenset[int], ...],
    ) -> str | None:
        """A text on which all go from start to goal at once; they leave no group that is held."""
        texts: dict[tuple[int, ...], str] = {}
        left: deque[tuple[int, ...]] = deque()

        def step(nodes: tuple[int, ...], edges: tuple[Edge, ...], text: str) -> None:
            target = tuple(edge.target for edge in edges)
            if target not in texts and (mask := self._mask(nodes, edges)):
                texts[target] = text + self._automaton.alphabet.example(mask)
                left.append(target)

        for edges in first:
            step(start, edges, "")
        while left and goal not in texts:
            nodes = left.popleft()
            ways = [
                [edge for edge in self._next[node] if edge.target in inside and not edge.left & groups]
                for node, inside, groups in zip(nodes, allowed, held, strict=True)
            ]
            for edges in self._together(ways):
                step(nodes, edges, texts[nodes])
        return texts.get(goal)

    def _together(self, ways: list[list[Edge]]) -> Iterator[tuple[Edge, ...]]:
        """All combinations of edges whose targets share a character."""
        found: list[tuple[tuple[Edge, ...], int]] = [((), self._automaton.alphabet.every)]
        for edges in ways:
            found = [
                ((*taken, edge), mask & self._states[edge.target].mask)
                for taken, mask in found
                for edge in edges
                if mask & self._states[edge.target].mask
            ]
        return (taken for taken, _ in found)
