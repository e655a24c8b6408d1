"""When an endpoint is left alone, and when it is tried again. Pure: the time is an argument, in seconds."""

MAX_FAILURES = 5
"""Failures in a row, without one answer between, after which an endpoint counts as down."""
FIRST_PAUSE_S = 0.5
LAST_PAUSE_S = 15.0


class Breaker:
    """A circuit breaker. While it is closed, every request may go out; while it is open, none may.

    After a pause an open breaker lets one probe through, and the probe's outcome closes it or opens it again.
    """

    def __init__(self) -> None:
        self._num_failures = 0
        self._pause_s = FIRST_PAUSE_S
        self._is_probing = False
        self.open_until: float | None = None
        """None: closed."""

    def allows(self, now: float) -> bool:
        """Whether a request may go out."""
        return self.open_until is None or (now >= self.open_until and not self._is_probing)

    def send(self) -> None:
        """A request goes out; where the breaker is open, it is the probe."""
        self._is_probing = self.open_until is not None

    def succeed(self) -> bool:
        """It has answered. True where it had been down."""
        was_open = self.open_until is not None
        self._num_failures, self._pause_s, self._is_probing, self.open_until = 0, FIRST_PAUSE_S, False, None
        return was_open

    def withdraw(self) -> None:
        """A request was cancelled before its outcome was known; if it was the probe, another may go."""
        self._is_probing = False

    def fail(self, now: float, pause_s: float = 0.0) -> float | None:
        """It has failed; `pause_s` is what it asked for. Returns the length of the pause that begins, if one does.

        Requests that were under way when it opened say nothing new.
        """
        self._num_failures += 1
        if self._num_failures < MAX_FAILURES or (self.open_until is not None and now < self.open_until):
            return None
        pause_s = max(pause_s, self._pause_s)
        self._is_probing, self.open_until = False, now + pause_s
        self._pause_s = min(LAST_PAUSE_S, 2 * self._pause_s)
        return pause_s
