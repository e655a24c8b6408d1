"""How long to wait before a request is sent again, and how often. Pure but for the jitter."""

import random

from distill.teacher.trouble import EndpointRefused, Stumble

MAX_TRIES = 8
"""Failures of one request after which it is set aside: it may be what breaks the engine. Overload and an endpoint
where nothing listens do not count."""
FIRST_DELAY_S = 0.25
LAST_DELAY_S = 10.0


def delay(problem: Stumble | EndpointRefused, num_tries: int) -> float:
    """Seconds to wait: what the endpoint asked for, else doubling; jittered, so that no herd comes back at once."""
    if isinstance(problem, Stumble) and problem.retry_after_s:
        return problem.retry_after_s * random.uniform(1.0, 1.25)
    return min(LAST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(num_tries, 10)) * random.uniform(0.5, 1.0)
