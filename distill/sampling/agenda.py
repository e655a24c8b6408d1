"""What to ask next: a policy applied to all prompts of a run, one group after another. No I/O, no clock."""

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from distill.records import Outcome, Prompt
from distill.sampling.policy import Budget, Ended, Group, Policy

Key = tuple[str, int]
"""Prompt id and sample index."""
GUESSED_TOKENS = 1000
"""The length of a sample before any has ended."""


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """A sample that is to be drawn."""

    prompt: Prompt
    index: int

    @property
    def key(self) -> Key:
        """As in the run's tables."""
        return self.prompt.id, self.index


class Opened(NamedTuple):
    """A prompt whose group may still grow."""

    prompt: Prompt
    group: Group


@dataclass(slots=True)
class Spending:
    """What the run has paid for so far, from which the next purchase is judged."""

    num_samples: int = 0
    num_tokens: int = 0
    num_cancelled: int = 0
    num_refused: int = 0
    num_probes: int = 0
    num_probe_tokens: int = 0
    num_probes_decided: int = 0
    num_probes_passed: int = 0

    @property
    def num_answered(self) -> int:
        """Samples that an endpoint has written."""
        return self.num_samples - self.num_refused

    @property
    def pass_rate(self) -> float:
        """Of the probes, by Laplace's rule of succession."""
        return (self.num_probes_passed + 1) / (self.num_probes_decided + 2)

    @property
    def mean_tokens(self) -> float:
        """Of a whole sample: probes are never cut short by a policy."""
        return self.num_probe_tokens / self.num_probes if self.num_probes else GUESSED_TOKENS

    def add(self, ended: Ended, *, is_probe: bool) -> None:
        """A sample has ended."""
        self.num_samples += 1
        self.num_tokens += ended.num_tokens
        self.num_cancelled += ended.is_cancelled
        self.num_refused += ended.is_refused
        if is_probe and not ended.is_refused:
            self.num_probes += 1
            self.num_probe_tokens += ended.num_tokens

    def decide(self, outcome: Outcome) -> None:
        """A probe got its verdict."""
        if outcome is not Outcome.ABSTAIN:
            self.num_probes_decided += 1
            self.num_probes_passed += outcome is Outcome.PASS


@dataclass
class Agenda:
    """Hands out requests and takes in what became of them.

    Groups are opened one after the other, so memory holds those under way; only `budget` keeps every
    unsolved prompt at hand, since the best next sample may be for any of them.
    """

    policy: Policy
    groups: Iterator[tuple[Prompt, Group]]
    """Every prompt that is not finished, with what was drawn of it before."""
    spending: Spending = field(default_factory=Spending)
    num_undrawn: int = 0
    """Samples that the policy found it can do without."""
    _opened: dict[str, Opened] = field(default_factory=dict)
    _ready: deque[SampleRequest] = field(default_factory=deque)
    _queued: set[Key] = field(default_factory=set)
    _num_under_way: int = 0
    _unsolved: list[tuple[float, str]] = field(default_factory=list)
    _ranked: set[str] = field(default_factory=set)
    """The prompts in `_unsolved`, each there once."""
    _has_fresh: bool = True

    @property
    def num_tokens_saved(self) -> int:
        """Tokens that `fixed` would have bought beyond these so far, estimated from the length of the probes."""
        spent = self.spending
        if not spent.num_probes or not (self.num_undrawn or spent.num_cancelled):
            return 0
        return max(0, round(spent.mean_tokens * (spent.num_samples + self.num_undrawn)) - spent.num_tokens)

    def next(self) -> SampleRequest | None:
        """The next sample to draw; None where there is none now. More may come while samples are under way."""
        while not self._is_spent():
            while self._ready:
                request = self._ready.popleft()
                if request.key in self._queued:
                    self._queued.remove(request.key)
                    self._num_under_way += 1
                    return request
            if not self._open_next() and not self._revisit():
                return None
        self._withdraw()
        return None

    def wants_any(self) -> bool:
        """Whether any sample is to be drawn; a look ahead, so that no engine is started in vain."""
        request = self.next()
        if request is None:
            return False
        self._ready.appendleft(request)
        self._queued.add(request.key)
        self._num_under_way -= 1
        return True

    def passes_over(self, group: Group) -> bool:
        """Whether a group, drawn by earlier attempts, is over; then it is counted here, and need not be opened."""
        is_over = not self.policy.decide(group).start and self._is_over(group)
        if is_over:
            self.num_undrawn += self.policy.traits.max_samples - len(group.ended)
        return is_over

    def is_wanted(self, key: Key) -> bool:
        """Whether a request that was handed out should still be sent."""
        opened = self._opened.get(key[0])
        return opened is not None and key[1] not in self.policy.decide(opened.group).cancel

    def limit(self, request: SampleRequest) -> int | None:
        """The token limit of a request that is sent now, where the policy sets one."""
        if self._is_probe(request.key):
            return None
        return self.policy.decide(self._opened[request.prompt.id].group).bound

    def progress(self, key: Key, num_tokens: int) -> list[Key]:
        """A sample under way has so many tokens; returns which are to be cancelled."""
        opened = self._opened[key[0]]
        opened.group.under_way[key[1]] = num_tokens
        return self._act(opened)

    def end(self, key: Key, ended: Ended) -> list[Key]:
        """A sample is over; returns which siblings are to be cancelled."""
        opened = self._opened[key[0]]
        opened.group.under_way.pop(key[1], None)
        opened.group.ended[key[1]] = ended
        self._num_under_way -= 1
        self.spending.add(ended, is_probe=self._is_probe(key))
        if ended.outcome is not None:
            return self.decide(key, ended.outcome)
        return self._act(opened)

    def drop(self, key: Key) -> None:
        """A request that was handed out is not sent after all."""
        self._num_under_way -= 1
        opened = self._opened.get(key[0])
        if opened is not None:
            opened.group.under_way.pop(key[1], None)
            self._act(opened)

    def decide(self, key: Key, outcome: Outcome) -> list[Key]:
        """A verdict has come; returns which siblings are to be cancelled."""
        if self._is_probe(key):
            self.spending.decide(outcome)
        opened = self._opened.get(key[0])
        if opened is None:
            return []
        opened.group.ended[key[1]] = opened.group.ended[key[1]]._replace(outcome=outcome)
        return self._act(opened)

    def _is_probe(self, key: Key) -> bool:
        return key[1] < self.policy.traits.num_probes

    def _is_spent(self) -> bool:
        if not isinstance(self.policy, Budget):
            return False
        expected = self.spending.num_tokens + self._num_under_way * self.spending.mean_tokens
        return expected >= self.policy.num_tokens

    def _withdraw(self) -> None:
        """Nothing more is bought: what waits in the queue never starts."""
        for name, index in self._queued:
            self._opened[name].group.under_way.pop(index, None)
        self._queued.clear()
        self._ready.clear()

    def _open_next(self) -> bool:
        """Open the next group; False where all have been."""
        found = next(self.groups, None) if self._has_fresh else None
        if found is None:
            self._has_fresh = False
            return False
        opened = Opened(*found)
        self._opened[opened.prompt.id] = opened
        self._act(opened)
        return True

    def _act(self, opened: Opened) -> list[Key]:
        """Do as the policy says: queue what is to start; returns what is to be cancelled."""
        prompt, group = opened
        decision = self.policy.decide(group)
        for index in decision.start:
            self._queue(opened, index)
        cancelled = [(prompt.id, index) for index in decision.cancel]
        for key in self._queued.intersection(cancelled):
            self._queued.remove(key)
            del group.under_way[key[1]]
        if self._is_over(group):
            self._close(opened)
        elif isinstance(self.policy, Budget):
            self._rank(self.policy, opened)  # it may be worth a sample now that one has ended
        return [key for key in cancelled if key[1] in group.under_way]

    def _queue(self, opened: Opened, index: int) -> None:
        opened.group.under_way[index] = 0
        self._queued.add((opened.prompt.id, index))
        self._ready.append(SampleRequest(opened.prompt, index))

    def _is_over(self, group: Group) -> bool:
        if group.under_way:
            return False
        if not self.policy.traits.needs_verdicts:
            return True
        if any(ended.outcome is None for ended in group.ended.values()):
            return False
        return not isinstance(self.policy, Budget) or self._index(self.policy, group) == 0

    def _index(self, policy: Budget, group: Group) -> float:
        return policy.index(group, self.spending.pass_rate, self.spending.mean_tokens)

    def _rank(self, policy: Budget, opened: Opened) -> None:
        index = self._index(policy, opened.group)
        if index > 0 and opened.prompt.id not in self._ranked:
            self._ranked.add(opened.prompt.id)
            heapq.heappush(self._unsolved, (-index, opened.prompt.id))

    def _revisit(self) -> bool:
        """Queue one more sample for the unsolved prompt where it is worth most; False where none is worth it."""
        while self._unsolved:
            before, name = heapq.heappop(self._unsolved)
            self._ranked.remove(name)
            opened = self._opened.get(name)
            if opened is None or not isinstance(self.policy, Budget):
                continue
            index = self._index(self.policy, opened.group)
            if -index > before and self._unsolved and -index > self._unsolved[0][0]:
                self._rank(self.policy, opened)  # worth less than when it was ranked
                continue
            if index > 0:
                self._queue(opened, len(opened.group.ended) + len(opened.group.under_way))
                self._rank(self.policy, opened)
                return True
            if self._is_over(opened.group):
                self._close(opened)
        return False

    def _close(self, opened: Opened) -> None:
        del self._opened[opened.prompt.id]
        self.num_undrawn += self.policy.traits.max_samples - len(opened.group.ended)
