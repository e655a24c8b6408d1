import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from distill.teacher.trouble.waits import seconds, wait_s

SOON = datetime.now(UTC) + timedelta(days=1)
SOON_S = pytest.approx(86_400, abs=43_200)


@pytest.mark.parametrize(
    ("headers", "body", "wait"),
    [
        ({}, b"", 0),
        ({"Retry-After": "3"}, b"", 3),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, b"", 1.5),
        ({"Retry-After": format_datetime(SOON, usegmt=True)}, b"", SOON_S),
        ({}, b'{"error": {"details": [{"retryDelay": "33s"}]}}', 33),
        ({}, b"Please try again in 6m0s.", 360),
        ({}, b"Please try again in 450ms.", 0.45),
        ({}, b"Please retry after 12 seconds.", 12),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, b"", 1),
        (
            {
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-remaining-requests": "5",
                "x-ratelimit-reset-tokens": "1h2m3.5s",
                "x-ratelimit-remaining-tokens": "0",
            },
            b"",
            3723.5,
        ),
        (
            {"anthropic-ratelimit-tokens-reset": SOON.isoformat(), "anthropic-ratelimit-tokens-remaining": "0"},
            b"",
            SOON_S,
        ),
        ({"RateLimit-Reset": "20"}, b"", 20),
        ({"X-RateLimit-Reset": f"{SOON.timestamp():.0f}"}, b"", SOON_S),
        ({"X-RateLimit-Reset": f"{SOON.timestamp() * 1000:.0f}"}, b"", SOON_S),
        ({"X-RateLimit-Reset": f"{time.time() - 100:.0f}"}, b"", 0),
        ({"x-ratelimit-reset-tokens": "garbage", "Retry-After": "soon"}, b"", 0),
    ],
)
def test_every_way_of_asking_us_to_wait_is_read(headers: dict[str, str], body: bytes, wait: float) -> None:
    assert wait_s(429, headers, body) == wait


def test_a_reset_counts_only_where_its_budget_is_spent_or_we_were_told_to_wait() -> None:
    assert wait_s(503, {"x-ratelimit-reset-tokens": "6m0s"}, b"") == 0
    assert wait_s(503, {"x-ratelimit-reset-tokens": "6m0s", "x-ratelimit-remaining-tokens": "0"}, b"") == 360


@pytest.mark.parametrize("said", [None, "", "-1", "soon", "nan", "inf"])
def test_what_is_no_wait_is_none(said: str | None) -> None:
    assert seconds(said) == 0
