"""A pattern as an automaton of positions, in which every way to match is a path of its own.

The construction is Glushkov's: a state for each character that the pattern names, an edge for each way to come from one
to the next. Edges keep what decides how much a backtracking matcher tries again: what has to stand before and behind,
and which atomic groups are left, in which no choice is taken up again.
"""

import itertools
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import NamedTuple

from alphabet import EDGE, HOPE, Alphabet, Argument, Code, Node

Conditions = frozenset[tuple[int, int]]
"""What may stand before and behind a place between two characters; any of the pairs will do, none never will."""
_COPIES, _EXACT_COPIES = 4, 16
"""Repeats up to here are written out; longer ones are loops."""
START, SKIP = 0, 1
"""The state before the pattern, and the one that passes over characters that a search tries in vain."""


class Edge(NamedTuple):
    """A way to the next character."""

    target: int
    conditions: Conditions
    left: frozenset[int]
    """The atomic groups that it leaves."""


class _Exit(NamedTuple):
    conditions: Conditions
    left: frozenset[int]
    num_ways: int = 1


@dataclass(slots=True)
class _Fragment:
    """A part of the pattern: where it begins, where it ends, and when it may be empty."""

    first: dict[int, Conditions]
    last: dict[int, _Exit]
    empty: Conditions
    num_ways: int = 1
    """In which it may be empty; what `(?:a|a)` comes to is an `a` and two ways to go on."""


@dataclass(slots=True)
class State:
    """A character of the pattern."""

    mask: int
    groups: frozenset[int]
    """The atomic groups, lookaheads among them, that it stands in."""
    num_repeats: float
    """How often the loops around it may repeat it."""
    edges: list[Edge] = field(default_factory=list)


class Automaton:
    """The states of a pattern; `ends` has those behind which nothing can fail, by atomic group, 0 being the pattern."""

    def __init__(self, pattern: str, flags: int = 0, *, is_search: bool = True, is_full: bool = False) -> None:
        tree = _parser.parse(pattern, flags)
        self.alphabet = Alphabet(tree)
        self._always: Conditions = frozenset({(self.alphabet.anything, self.alphabet.anything)})
        self.states = [State(EDGE if is_search else self.alphabet.every | EDGE, frozenset(), 1)]
        self.ends: dict[int, set[int]] = {}
        self._num_loops = 0
        self._groups: tuple[int, ...] = ()
        self._group_numbers = itertools.count(1)
        self._num_repeats = 1.0
        starts = [START]
        if is_search:
            self.states.append(State(self.alphabet.every, frozenset(), 1))
            starts.append(SKIP)
            self._link(dict.fromkeys(starts, self._exit), {SKIP: self._always})
        whole = self._sequence(tree, tree.state.flags)
        self._link(dict.fromkeys(starts, self._exit), whole.first)
        self.ends[0] = set() if is_full else self._certain(whole)

    @property
    def _exit(self) -> _Exit:
        return _Exit(self._always, frozenset())

    def _certain(self, fragment: _Fragment) -> set[int]:
        return {state for state, exit_ in fragment.last.items() if self._always <= exit_.conditions}

    def _link(self, last: dict[int, _Exit], first: dict[int, Conditions]) -> None:
        for state, (leaving, left, num_ways) in last.items():
            for target, entering in first.items():
                if conditions := _both(leaving, entering):
                    self.states[state].edges += [Edge(target, conditions, left) for _ in range(num_ways)]

    def _sequence(self, nodes: Iterable[Node], flags: int) -> _Fragment:
        whole = _Fragment({}, {}, self._always)
        for op, argument in nodes:
            whole = self._joined(whole, self._fragment(op, argument, flags))
        return whole

    def _joined(self, one: _Fragment, two: _Fragment) -> _Fragment:
        self._link(one.last, two.first)
        first, last = dict(one.first), dict(two.last)
        for state, entering in two.first.items():
            if conditions := _both(one.empty, entering):
                first[state] = conditions
        for state, (leaving, left, num_ways) in one.last.items():
            if conditions := _both(leaving, two.empty):
                last[state] = _Exit(conditions, left, max(num_ways, two.num_ways))
        return _Fragment(first, last, _both(one.empty, two.empty), max(one.num_ways, two.num_ways))

    def _fragment(self, op: Code, argument: Argument, flags: int) -> _Fragment:
        if op is sre.SUBPATTERN:
            _, added, removed, inner = argument
            return self._sequence(inner, (flags | added) & ~removed)
        if op is sre.BRANCH:
            return _alternatives([self._sequence(branch, flags) for branch in argument[1]])
        if op is sre.GROUPREF_EXISTS:
            return _alternatives([self._sequence(branch or (), flags) for branch in argument[1:]])
        if op in {sre.MAX_REPEAT, sre.MIN_REPEAT}:
            low, high, inner = argument
            return self._repeat(low, high, inner, flags)
        if op is sre.ATOMIC_GROUP:
            return self._atomic(argument, flags)
        if op is sre.POSSESSIVE_REPEAT:
            low, high, inner = argument
            return self._atomic([(sre.MAX_REPEAT, (low, high, [(sre.ATOMIC_GROUP, inner)]))], flags)
        if op in {sre.ASSERT, sre.ASSERT_NOT}:
            return self._look(argument, flags, is_negative=op is sre.ASSERT_NOT)
        if op is sre.AT:
            return _Fragment({}, {}, self._at(argument, flags))
        if op is sre.GROUPREF:
            return self._repeat(0, sre.MAXREPEAT, [(sre.ANY, None)], flags | re.DOTALL)
        state = self._state(self.alphabet.mask(op, argument, flags))
        return _Fragment({state: self._always}, {state: self._exit}, frozenset())

    def _state(self, mask: int) -> int:
        self.states.append(State(mask, frozenset(self._groups), self._num_repeats))
        return len(self.states) - 1

    def _repeat(self, low: int, high: int, inner: Argument, flags: int) -> _Fragment:
        if high <= _COPIES or (low == high and high <= _EXACT_COPIES):
            return self._copies(low, high, inner, flags)
        outside, self._num_repeats = (
            self._num_repeats,
            self._num_repeats * (math.inf if high is sre.MAXREPEAT else high),
        )
        body = self._sequence(inner, flags)
        self._num_repeats = outside
        self._link(body.last, body.first)
        self._num_loops += 1
        return _Fragment(body.first, body.last, body.empty if low else self._always)

    def _copies(self, low: int, high: int, inner: Argument, flags: int) -> _Fragment:
        whole = _Fragment({}, {}, self._always)
        for index in reversed(range(high)):
            whole = self._joined(self._sequence(inner, flags), whole)
            if index >= low:
                whole.empty = self._always
        return whole

    def _atomic(self, inner: Argument, flags: int) -> _Fragment:
        body, group = self._grouped(inner, flags)
        last = {state: _Exit(exit_.conditions, exit_.left | {group}) for state, exit_ in body.last.items()}
        return _Fragment(body.first, last, body.empty)

    def _grouped(self, inner: Argument, flags: int) -> tuple[_Fragment, int]:
        group = next(self._group_numbers)
        outside, self._groups = self._groups, (*self._groups, group)
        body = self._sequence(inner, flags)
        self._groups = outside
        self.ends[group] = self._certain(body)
        return body, group

    def _look(self, argument: tuple[int, Argument], flags: int, *, is_negative: bool) -> _Fragment:
        """A condition on the next character or the one before, and for a lookahead what it tries by itself."""
        direction, inner = argument
        num_loops = self._num_loops
        body, _ = self._grouped(inner, flags)
        near = body.first if direction > 0 else body.last
        single = (state for state in near if self._is_single(body, state))
        mask = 0
        for state in single if is_negative else near:
            mask |= self.states[state].mask
        everything = self.alphabet.anything & ~HOPE
        if is_negative:
            mask = everything & ~mask
        conditions = {(everything, mask) if direction > 0 else (mask, everything)}
        if not is_negative:
            conditions |= {(before & ~HOPE, behind & ~HOPE) for before, behind in body.empty}
        if not is_negative and self._always <= body.empty:
            conditions = set(self._always)
        has_loops = self._num_loops > num_loops
        return _Fragment(body.first if has_loops else {}, {}, frozenset(conditions))

    def _is_single(self, body: _Fragment, state: int) -> bool:
        """Whether the one character is all that the lookaround asks for."""
        ends = body.last.get(state)
        return (
            ends is not None and self._always <= ends.conditions and self._always <= body.first.get(state, frozenset())
        )

    def _at(self, place: Code, flags: int) -> Conditions:
        everything, line = self.alphabet.anything, self.alphabet.mask(sre.LITERAL, 10, 0)
        if place in {sre.AT_BEGINNING, sre.AT_BEGINNING_STRING}:
            is_line = place is sre.AT_BEGINNING and flags & re.MULTILINE
            return frozenset({(EDGE | line if is_line else EDGE, everything)})
        if place is sre.AT_END:
            return frozenset({(everything, EDGE | line)})
        if place is sre.AT_END_STRING:
            return frozenset({(everything, EDGE)})
        word = self.alphabet.word(flags)
        other = everything & ~word
        if place is sre.AT_BOUNDARY:
            return frozenset({(word, other), (other, word)})
        return frozenset({(word, word), (other, other)})


def _both(one: Conditions, two: Conditions) -> Conditions:
    pairs = {(before & b, behind & c) for before, behind in one for b, c in two}
    return frozenset((before, behind) for before, behind in pairs if before & ~HOPE and behind & ~HOPE)


def _alternatives(branches: list[_Fragment]) -> _Fragment:
    whole = _Fragment({}, {}, frozenset())
    whole.num_ways = 2 if sum(bool(branch.empty) for branch in branches) > 1 else 1
    for branch in branches:
        whole.first |= branch.first
        whole.last |= branch.last
        whole.empty |= branch.empty
    return whole
