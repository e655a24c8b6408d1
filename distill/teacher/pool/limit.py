"""How many requests an endpoint is given at once: additive increase, multiplicative decrease. Pure."""

TOLERATED_SHARE = 0.1
"""Up to this share of rejections is noise, not overload: backing off from it would starve a sound endpoint."""
NUM_STEPS = 20
"""Rounds that growth from nothing to the ceiling takes."""


class Limit:
    """A limit between 1 and `ceiling`, moved by what became of the requests that were sent under it.

    A *round* is as many outcomes as the limit allows requests. A round without overload raises the limit; more
    rejections than are tolerated lower it by their share, to no less than a half. Requests that were sent
    before the last decrease are not counted, so that one burst of rejections lowers it once.
    """

    def __init__(self, ceiling: int) -> None:
        self.ceiling = ceiling
        self.value = ceiling
        self._last_overload = ceiling
        self._round = 0
        self._num_outcomes = 0
        self._num_rejected = 0

    def send(self) -> int:
        """A request goes out; give the number back with its outcome."""
        return self._round

    def accept(self, sent: int) -> None:
        """The endpoint has answered it."""
        if sent != self._round:
            return
        self._num_outcomes += 1
        if self._num_outcomes >= self.value:
            step = max(1, self.ceiling // NUM_STEPS) if self.value < 0.9 * self._last_overload else 1
            self._begin(min(self.ceiling, self.value + step))

    def reject(self, sent: int) -> bool:
        """The endpoint had no room for it. True where this lowers the limit."""
        if sent != self._round:
            return False
        self._num_outcomes += 1
        self._num_rejected += 1
        if self._num_rejected <= TOLERATED_SHARE * self.value:
            return False
        self._last_overload = self.value
        kept = max(0.5, 1 - self._num_rejected / self._num_outcomes)
        lowered = max(1, min(self.value - 1, int(self.value * kept)))
        self._round += 1
        self._begin(lowered)
        return True

    def _begin(self, value: int) -> None:
        self.value = value
        self._num_outcomes = self._num_rejected = 0
