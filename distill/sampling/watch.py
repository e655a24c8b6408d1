"""Tells how sampling goes: in the progress line, and in the file that `distill status` reads."""

import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from distill.progress import Tally
from distill.records import Outcome
from distill.sampling.agenda import Agenda
from distill.sampling.live import EndpointState, Live, write_live
from distill.sampling.purse import Purse
from distill.teacher.pool.pool import EndpointPool

RATE_WINDOW = 30
"""Looks, a second apart, over which tokens a second are averaged."""


class Watch:
    """Looks at one attempt now and then."""

    def __init__(self, run: Path, agenda: Agenda, tally: Tally, purse: Purse, num_passed_before: int = 0) -> None:
        self._run = run
        self._agenda = agenda
        self._tally = tally
        self._purse = purse
        self._num_passed_before = num_passed_before
        self._num_undrawn = 0
        self._tokens: deque[tuple[float, int]] = deque(maxlen=RATE_WINDOW)

    def look(self, pool: EndpointPool, *, is_over: bool = False) -> None:
        """Tell how it stands. Samples that the policy can do without count as done."""
        tally, agenda = self._tally, self._agenda
        tally.skip(agenda.num_undrawn - self._num_undrawn)
        self._num_undrawn = agenda.num_undrawn
        bought, price = self._purse.bought, self._purse.price
        live = Live(
            updated_s=time.time(),
            is_over=is_over,
            num_done=tally.num_done,
            num_samples=tally.total,
            outcomes=dict(tally.kinds),
            samples_per_s=tally.rate,
            tokens_per_s=self._tokens_per_s(),
            seconds_left=tally.seconds_left,
            num_tokens=agenda.spending.num_tokens,
            num_prompt_tokens=bought.num_prompt_tokens,
            num_passed=self._num_passed_before + tally.kinds[Outcome.PASS.value],
            num_tokens_saved=agenda.num_tokens_saved,
            price=price and price.completion,
            cost=price and bought.cost(price),
            endpoints=states(pool),
        )
        tally.note = noted(live)
        write_live(self._run, live)

    def _tokens_per_s(self) -> float:
        self._tokens.append((self._tally.seconds, self._agenda.spending.num_tokens))
        (start, before), (now, spent) = self._tokens[0], self._tokens[-1]
        return (spent - before) / (now - start) if now > start else 0.0


def states(pool: EndpointPool) -> tuple[EndpointState, ...]:
    """How each endpoint fares."""
    return tuple(
        EndpointState(
            url=each.url,
            num_under_way=each.num_under_way,
            limit=each.limit.value,
            tokens_per_s=each.speed,
            is_down=each.breaker.open_until is not None,
        )
        for each in pool.endpoints
    )


def noted(live: Live) -> str:
    """What the progress line says behind its counts."""
    parts = [] if live.is_over else [in_flight(live.endpoints)]
    if live.cost is not None:
        parts.append(f"cost {live.cost:,.4g}")
    parts.append(f"{live.num_tokens:,} tokens")
    if not live.is_over:
        parts.append(f"{live.tokens_per_s:,.0f} tokens/s")
    if live.num_passed:
        parts.append(f"{live.num_tokens / live.num_passed:,.0f} tokens a pass")
    if live.num_tokens_saved:
        parts.append(f"{live.num_tokens_saved:,} tokens saved")
    return " · ".join(parts)


def in_flight(endpoints: Sequence[EndpointState]) -> str:
    """`512 in flight (10.0.0.1:8000 256, 10.0.0.2:8000 256)`."""
    each = [(endpoint.url.split("//")[-1].split("/")[0], endpoint.num_under_way) for endpoint in endpoints]
    total = f"{sum(number for _, number in each):,} in flight"
    return total if len(each) <= 1 else f"{total} ({', '.join(f'{name} {number}' for name, number in each)})"
