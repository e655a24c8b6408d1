"""When does a group have enough samples? Pure rules, named in the recipe: `shortest_of(16)`.

A policy looks at a group so far and says which samples to start and which to cancel. It never sees a clock:
lengths are compared in tokens, so neither the speed of an endpoint nor a pause changes what is decided.

The first `num_probes` samples of a group are *probes*: they always finish, and pass rates are computed from
them alone, because which of the others finish depends on what they and their siblings turned out to be.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Protocol, Self

from pydantic import Field, PositiveInt, ValidationError, model_validator

from distill.errors import RecipeError
from distill.records import Outcome
from distill.references import Record


class Ended(NamedTuple):
    """A sample that is over."""

    num_tokens: int
    outcome: Outcome | None
    """None: its verdict is on the way."""
    is_cancelled: bool = False
    is_refused: bool = False


@dataclass(slots=True)
class Group:
    """What is known of the samples of one prompt, by index."""

    under_way: dict[int, int] = field(default_factory=dict)
    """Started but not over, with their tokens so far: a lower bound where the endpoint does not count."""
    ended: dict[int, Ended] = field(default_factory=dict)

    @property
    def passed(self) -> list[tuple[int, int]]:
        """Length and index of every sample that passed."""
        return [(end.num_tokens, index) for index, end in self.ended.items() if end.outcome is Outcome.PASS]

    @property
    def is_refused(self) -> bool:
        """Whether the endpoint said that it will never answer this prompt."""
        return any(end.is_refused for end in self.ended.values())

    def missing(self, num_samples: int) -> tuple[int, ...]:
        """Indices below `num_samples` that were not started."""
        return tuple(i for i in range(num_samples) if i not in self.ended and i not in self.under_way)


class GroupDecision(NamedTuple):
    """What to start and what to cancel in a group now."""

    start: tuple[int, ...] = ()
    cancel: tuple[int, ...] = ()
    bound: int | None = None
    """The token limit of what starts from now on, probes apart, where it is below the recipe's."""


class Traits(NamedTuple):
    """What holds for a policy whatever the group."""

    max_samples: int
    """No group gets more."""
    num_probes: int
    """How many samples, from the first, are never cancelled."""
    needs_verdicts: bool = True
    """Whether sampling waits for verdicts."""
    is_race: bool = False
    """Whether the tokens of a sample under way matter, so that endpoints should stream."""


class Policy(Protocol):
    """The rule that says when a group has enough samples."""

    @property
    def traits(self) -> Traits:
        """What holds for every group."""
        ...

    def decide(self, group: Group) -> GroupDecision:
        """What to start and what to cancel, given all that is known of a group."""
        ...


class Fixed(Record):
    """`fixed(n)`: draw n samples for every prompt, whatever they turn out to be. Biases nothing."""

    num_samples: PositiveInt

    @cached_property
    def traits(self) -> Traits:
        """None is ever cancelled."""
        return Traits(self.num_samples, num_probes=self.num_samples, needs_verdicts=False)

    def decide(self, group: Group) -> GroupDecision:
        """Start what is missing."""
        return GroupDecision(start=group.missing(self.num_samples))


class AtLeast(Record):
    """`at_least(k, max_n)`: waves of k, 2k, 4k … until k samples have passed or max_n were drawn.

    The first wave are the probes. An easy prompt ends with about k traces, so a dataset of all passes is nearly
    uniform over the prompts that the teacher can solve.
    """

    num_passes: PositiveInt
    max_samples: PositiveInt

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.num_passes > self.max_samples:
            raise ValueError(f"{self.num_passes} can never pass of at most {self.max_samples} samples")
        return self

    @cached_property
    def traits(self) -> Traits:
        """The first wave is drawn whatever happens."""
        return Traits(self.max_samples, num_probes=self.num_passes)

    def decide(self, group: Group) -> GroupDecision:
        """Cancel everything at k passes; else start the next wave once the last one is decided."""
        if len(group.passed) >= self.num_passes:
            return GroupDecision(cancel=tuple(group.under_way))
        if group.is_refused:
            return GroupDecision()
        return GroupDecision(start=group.missing(self._wave_end(group)))

    def _wave_end(self, group: Group) -> int:
        """The end of the first wave that is not wholly decided: k, 3k, 7k and so on."""
        end = size = self.num_passes
        decided = {index for index, ended in group.ended.items() if ended.outcome is not None}
        while end < self.max_samples and decided.issuperset(range(end)):
            size *= 2
            end += size
        return min(end, self.max_samples)


class ShortestOf(Record):
    """`shortest_of(n, probes=2)`: a race. The selected trace is the one that `fixed(n)` would give.

    All n start together. Once a sample of L tokens has passed, a sibling that is longer cannot be selected any
    more: it is cancelled, and one that starts later gets L + 1 tokens as its limit (one more, since engines
    differ in whether the end-of-turn token counts). What it biases: lengths and pass rates of all but the
    probes, since long siblings of a short correct sample are cut off.
    """

    num_samples: PositiveInt
    num_probes: int = Field(2, ge=0)

    @cached_property
    def traits(self) -> Traits:
        """The tokens of what is under way are compared with the shortest *verified* length."""
        return Traits(self.num_samples, self.num_probes, is_race=True)

    def decide(self, group: Group) -> GroupDecision:
        """Start what is missing; cancel what can no longer be the shortest, the lower index winning a tie."""
        start = group.missing(self.num_samples)
        best = min(group.passed, default=None)
        if best is None:
            return GroupDecision(start)
        late = (i for i, num_tokens in group.under_way.items() if i >= self.num_probes and (num_tokens, i) > best)
        return GroupDecision(start, tuple(late), bound=best[0] + 1)


class Budget(Record):
    """`budget(tokens, max_n=64, probes=1)`: solve as many prompts as `tokens` can buy.

    Every prompt gets its probes; then the next sample goes to the unsolved prompt with the highest `index`, until
    the tokens are spent. What it biases: the dataset holds one trace of nearly every prompt that can be solved,
    and the number of samples says how hard a prompt was; compute pass rates from the probes.
    """

    num_tokens: PositiveInt
    max_samples: PositiveInt = 64
    num_probes: PositiveInt = 1
    hopeless: float = 0.02
    """A prompt whose expected pass rate has fallen below this gets no more."""

    @model_validator(mode="after")
    def _has_room_for_the_probes(self) -> Self:
        if self.num_probes > self.max_samples:
            raise ValueError(f"{self.num_probes} probes are more than the {self.max_samples} samples of a prompt")
        return self

    @cached_property
    def traits(self) -> Traits:
        """A prompt is solved once a sample has passed."""
        return Traits(self.max_samples, self.num_probes)

    def decide(self, group: Group) -> GroupDecision:
        """Start the probes; cancel the rest of a solved prompt."""
        if group.passed:
            return GroupDecision(cancel=tuple(i for i in group.under_way if i >= self.num_probes))
        return GroupDecision(start=group.missing(self.num_probes))

    def index(self, group: Group, pass_rate: float, mean_tokens: float) -> float:
        """Expected passes a token of one more sample; 0 where there should be none.

        `pass_rate` and `mean_tokens` are those of all probes so far. The prior of a prompt's own rate is
        Beta(pass_rate, 1 - pass_rate), U-shaped as such rates are; after n samples without a pass its mean is
        pass_rate / (1 + n). Samples under way count as if they had failed, so that one prompt does not
        draw everything at once.
        """
        num_samples = len(group.ended) + len(group.under_way)
        expected = pass_rate / (1 + num_samples)
        if group.passed or group.is_refused or num_samples >= self.max_samples or expected < self.hopeless:
            return 0.0
        spent = sum(end.num_tokens for end in group.ended.values() if not end.is_cancelled)
        num_finished = sum(not end.is_cancelled for end in group.ended.values())
        return expected * (1 + num_finished) / (mean_tokens + spent)


Known = Fixed | AtLeast | ShortestOf | Budget

_RULES: dict[str, tuple[type[Known], dict[str, str]]] = {
    "fixed": (Fixed, {"n": "num_samples"}),
    "at_least": (AtLeast, {"k": "num_passes", "max_n": "max_samples"}),
    "shortest_of": (ShortestOf, {"n": "num_samples", "probes": "num_probes"}),
    "budget": (Budget, {"tokens": "num_tokens", "max_n": "max_samples", "probes": "num_probes"}),
}


def parse_policy(text: str) -> Known:
    """The policy that `text` names, as in a recipe or on the command line."""
    call = re.fullmatch(r"\s*(\w+)\s*\((.*)\)\s*", text)
    if call is None or call[1] not in _RULES:
        raise _unknown(text)
    rule, names = _RULES[call[1]]
    try:
        return rule.model_validate(_arguments(call[2], names))
    except ValidationError as error:
        raise _impossible(text, error) from None
    except ValueError:
        raise _unknown(text) from None


def _arguments(text: str, names: dict[str, str]) -> dict[str, int]:
    """`4, max_n=16` with the names of the fields; a number may be written 2_000_000 or 2e6."""
    values: dict[str, int] = {}
    for place, part in enumerate(text.split(",")):
        name, equals, number = part.rpartition("=")
        key = name.strip() if equals else list(names)[place] if place < len(names) else ""
        value = float(number)
        if key not in names or names[key] in values or not value.is_integer():
            raise ValueError(part)
        values[names[key]] = int(value)
    return values


def _unknown(text: str) -> RecipeError:
    known = ", ".join(f"{name}({', '.join(names)})" for name, (_, names) in _RULES.items())
    return RecipeError(f"There is no policy {text!r}; write one of {known} with positive whole numbers.")


def _impossible(text: str, error: ValidationError) -> RecipeError:
    """A policy whose numbers contradict each other is told why; one of other numbers how they are written."""
    mistake = error.errors()[0]
    if mistake["type"] != "value_error":
        return _unknown(text)
    return RecipeError(f"The policy {text} makes no sense: {mistake['msg'].removeprefix('Value error, ')}.")
