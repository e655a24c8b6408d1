"""Limits a minute, on a clock that the test turns."""

import pytest

from distill.teacher.pool.pace import Pace


def sent_within(pace: Pace, seconds: float, amount: float = 1.0) -> int:
    """How many may be sent when each goes out as soon as it may."""
    now, num_sent = 0.0, 0
    while (now := now + pace.wait_s(now)) <= seconds:
        pace.spend(now, amount)
        num_sent += 1
    return num_sent


@pytest.mark.parametrize(("per_minute", "most"), [(60, 62), (600, 612), (6, 8)])
def test_no_more_than_the_rate_and_a_burst_go_out_within_a_minute(per_minute: float, most: int) -> None:
    assert per_minute <= sent_within(Pace(per_minute), 60.0) <= most


def test_what_took_more_than_expected_is_waited_for() -> None:
    pace = Pace(6000)  # tokens: 100 a second
    pace.spend(0.0, 50)
    assert pace.wait_s(0.0) == 0.0
    pace.spend(0.0, 1000)
    assert pace.wait_s(0.0) == pytest.approx(9.51)


def test_what_took_less_than_expected_is_given_back() -> None:
    pace = Pace(6000)
    pace.spend(0.0, 1050)
    pace.spend(0.0, -1000)
    assert pace.wait_s(0.0) == 0.0


def test_an_idle_minute_is_not_saved_up() -> None:
    pace = Pace(60)
    pace.spend(0.0, 1)
    assert sent_within(pace, 0.0) == 0
    pace.wait_s(600.0)
    pace.spend(600.0, 1)
    assert pace.wait_s(600.0) > 0
