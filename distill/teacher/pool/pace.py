"""No more than so many a minute: requests, or tokens. Pure: the time is an argument, in seconds."""

BURST_S = 1.0
"""What may be sent at once, as seconds of the rate: endpoints that count a minute at a time see no more than it."""


class Pace:
    """A bucket that fills at a steady rate. It may go into debt: what an answer takes is known only afterwards."""

    def __init__(self, per_minute: float) -> None:
        self._per_s = per_minute / 60
        self._most = max(1.0, BURST_S * self._per_s)
        self._level = self._most
        self._seen: float | None = None

    def wait_s(self, now: float) -> float:
        """Seconds until the next request may go out; 0: now."""
        self._fill(now)
        return max(0.0, (min(1.0, self._most) - self._level) / self._per_s)

    def spend(self, now: float, amount: float) -> None:
        """So much is taken; below zero, given back."""
        self._fill(now)
        self._level = min(self._most, self._level - amount)

    def _fill(self, now: float) -> None:
        passed_s = 0.0 if self._seen is None else max(0.0, now - self._seen)
        self._level = min(self._most, self._level + passed_s * self._per_s)
        self._seen = now
