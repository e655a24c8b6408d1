"""What can go wrong with a request, by what is to be done about it; how long to wait before it is sent again."""

import random

from distill.records import RefusalKind
from distill.teacher.trouble.complaint import Complaint

FIRST_DELAY_S = 0.25
LAST_DELAY_S = 10.0


class RequestRefused(Exception):  # noqa: N818 - a fact about one request, not a failure of the run
    """The endpoint will not answer this request as it is, for example because the prompt is too long: set it aside.

    Its text is the endpoint's own words behind the status: `HTTP 400: Unsupported parameter …`.
    """

    def __init__(
        self,
        problem: str,
        kind: RefusalKind = RefusalKind.OTHER,
        advice: str = "",
        complaint: Complaint = Complaint(),  # noqa: B008 - a value
    ) -> None:
        super().__init__(problem)
        self.kind = kind
        self.advice = advice
        """What the user can do, as a sentence that names the option; empty where nobody knows."""
        self.complaint = complaint
        """All that the endpoint said, for what it teaches."""


class EndpointRefused(Exception):  # noqa: N818
    """The endpoint will answer none of our requests: stop using it."""


class Stumble(Exception):  # noqa: N818
    """Worth another try, here or elsewhere."""

    def __init__(
        self,
        problem: str,
        *,
        is_overload: bool = False,
        is_unreachable: bool = False,
        is_unreadable: bool = False,
        is_fault: bool = False,
        retry_after_s: float = 0.0,
    ) -> None:
        super().__init__(problem)
        self.is_overload = is_overload
        """Whether the endpoint said that it is busy, which is no fault of the request."""
        self.is_unreachable = is_unreachable
        """Whether nobody was there, as when nothing listens, or a gateway says that nothing is behind it."""
        self.is_unreadable = is_unreadable
        """Whether it answered in a form that we do not know: the next answer, paid for as well, would have it too."""
        self.is_fault = is_fault
        """Whether the endpoint, which is there, says that it failed to answer this request."""
        self.retry_after_s = retry_after_s


class Unresumable(Stumble):
    """A text cannot be continued in the form in which its teacher wrote it.

    It is drawn again from the beginning; what an earlier run has stays as it is.
    """


def delay(problem: Stumble | RequestRefused | EndpointRefused, num_tries: int) -> float:
    """Seconds to wait: what the endpoint asked for, else doubling; jittered, so that not all come back at once."""
    if isinstance(problem, Stumble) and problem.retry_after_s:
        return problem.retry_after_s * random.uniform(1.0, 1.25)
    return min(LAST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(num_tries, 10)) * random.uniform(0.5, 1.0)
