"""How often one request has failed through its own fault, as far as that can be told. Pure."""

from distill.teacher.trouble.kinds import Stumble

MAX_OWN = 8
"""Failures after which a request is set aside: it may be what breaks the engine."""
MAX_UNREADABLE = 2
"""Answers, each paid for, that could not be read, where none of their endpoint could."""


class Tries:
    """The failures of one request.

    A fault that its endpoint states counts, and so does a lost connection while others are answered. In an outage,
    where nobody is, none does, nor where an endpoint is busy or nobody is there.
    """

    def __init__(self, num_heard: int) -> None:
        """`num_heard` counts what all endpoints have sent to anyone so far."""
        self._num_heard = num_heard
        self._num_own = 0
        self._num_unreadable = 0
        self.num = 0

    def fail(self, problem: Stumble, num_heard: int, *, is_read: bool = False) -> bool:
        """It failed once more; True where it is to be set aside.

        `is_read`: other answers of the endpoint can be read.
        """
        self.num += 1
        is_own = problem.is_fault or problem.is_unreadable or num_heard > self._num_heard
        is_own &= not (problem.is_overload or problem.is_unreachable)
        self._num_heard = num_heard
        self._num_own += is_own
        self._num_unreadable += problem.is_unreadable and not is_read
        return self._num_own >= MAX_OWN or self._num_unreadable >= MAX_UNREADABLE
