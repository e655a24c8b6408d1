"""How long nobody has answered. Pure: the time is an argument, in seconds."""

from distill.errors import TeacherError


class Patience:
    """Starts to run with the first failure behind the last answer."""

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._silent_since: float | None = None

    def hear(self) -> None:
        """Somebody answers."""
        self._silent_since = None

    def miss(self, now: float) -> None:
        """Somebody does not."""
        self._silent_since = self._silent_since or now

    def is_over(self, now: float) -> bool:
        """Whether nobody has answered for too long."""
        return self._silent_since is not None and now - self._silent_since > self.limit_s

    def check(self, now: float, why: str) -> None:
        """Raise TeacherError where nobody has answered for too long."""
        if self.is_over(now):
            raise TeacherError(
                f"No endpoint has answered for {self.limit_s:,.0f} s ({why}). What was answered before is stored; "
                "mend the endpoint and run the same command again."
            )
