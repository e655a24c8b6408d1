"""What a run has bought, what that has cost, and whether there is room for one sample more. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from distill.recipe.sections import GenerateSection, Price
from distill.records import FinishReason

BOUGHT_COLUMNS = ("finish_reason", "num_prompt_tokens", "num_tokens")
"""Of the table of samples."""


def cost_of(price: Price, num_prompt_tokens: int, num_tokens: int) -> float:
    """In the currency of the price, which is that of a million tokens."""
    return (price.prompt * num_prompt_tokens + price.completion * num_tokens) / 1e6


@dataclass(slots=True)
class Bought:
    """What a run holds, however it ended."""

    num_samples: int = 0
    num_refused: int = 0
    """Of these samples; they cost nothing."""
    num_prompt_tokens: int = 0
    num_tokens: int = 0
    """Completion tokens."""

    def add(self, finish_reason: str, num_prompt_tokens: int, num_tokens: int) -> None:
        """One sample more."""
        self.num_samples += 1
        self.num_refused += finish_reason == FinishReason.REFUSED
        self.num_prompt_tokens += num_prompt_tokens
        self.num_tokens += num_tokens

    def cost(self, price: Price) -> float:
        """Of all of it."""
        return cost_of(price, self.num_prompt_tokens, self.num_tokens)


def bought_by(rows: Iterable[dict[str, object]]) -> Bought:
    """What rows of samples come to; see `BOUGHT_COLUMNS`."""
    found = Bought()
    for row in rows:
        num_prompt_tokens, num_tokens = row["num_prompt_tokens"], row["num_tokens"]
        assert isinstance(num_prompt_tokens, int)
        assert isinstance(num_tokens, int)
        found.add(str(row["finish_reason"]), num_prompt_tokens, num_tokens)
    return found


@dataclass(slots=True)
class Purse:
    """The limits of a run on what it buys, and what it has bought so far.

    A sample under way is expected to cost what those before it did. The first to end are the short ones, so that one
    of the full length is counted in beside them: a run begins with as many requests as the purse could pay in full.
    """

    settings: GenerateSection
    price: Price | None = None
    bought: Bought = field(default_factory=Bought)

    def has_room(self, num_under_way: int) -> bool:
        """Whether one more sample may be asked for, beside those under way."""
        most, limit = self.settings.max_samples, self.settings.max_cost
        if most is not None and self.bought.num_samples + num_under_way >= most:
            return False
        if limit is None or self.price is None:
            return True
        spent = self.bought.cost(self.price)
        if not num_under_way and not self.bought.num_tokens:
            return spent < limit  # or a limit below the price of one sample of full length would buy nothing
        return spent + (num_under_way + 1) * self._expected(self.price) <= limit

    def limit_reached(self) -> str | None:
        """The limit that leaves no room, in words; None where there is room."""
        if self.has_room(0):
            return None
        settings, bought = self.settings, self.bought
        if settings.max_samples is not None and bought.num_samples >= settings.max_samples:
            return f"max_samples: it holds {bought.num_samples:,} samples of at most {settings.max_samples:,}"
        assert settings.max_cost is not None
        assert self.price is not None
        return (
            f"max_cost: {bought.cost(self.price):,.4g} are spent of at most {settings.max_cost:,.4g}, and one sample "
            f"more is expected to cost {self._expected(self.price):,.2g}"
        )

    def _expected(self, price: Price) -> float:
        """The cost of one more sample."""
        num_paid = self.bought.num_samples - self.bought.num_refused
        return (self.bought.cost(price) + cost_of(price, 0, self.settings.sampling.max_tokens)) / (num_paid + 1)
