"""Who waits for a place gets one, whenever the pause of a troubled endpoint ends."""

import asyncio

from distill.teacher.asking.client import Client
from distill.teacher.pool.breaker import MAX_FAILURES
from distill.teacher.pool.leases import Leases

NUM_READINGS = 40


class Leaping(asyncio.SelectorEventLoop):
    """Its clock stands still, but for one leap of a minute right after a reading."""

    _now = 1000.0
    _num_left = 0

    def leap_after(self, number: int) -> None:
        """The reading, counted from 1."""
        self._num_left = number

    def time(self) -> float:
        now = self._now
        self._num_left -= 1
        if self._num_left == 0:
            self._now += 60.0
        return now


async def wait_out_a_pause(number: int) -> None:
    """An endpoint is down, and somebody waits for it."""
    leases = Leases(4)
    leases.add(Client("http://127.0.0.1:9/v1", "toy", idle_timeout_s=1.0))
    (endpoint,) = leases.endpoints
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Leaping)
    for _ in range(MAX_FAILURES):
        endpoint.breaker.fail(loop.time())
    assert endpoint.breaker.open_until is not None
    loop.leap_after(number)
    waiting = asyncio.create_task(leases.lease("q"))
    for _ in range(NUM_READINGS):
        await asyncio.sleep(0)
    assert waiting.done(), f"nobody comes back where the pause ends after reading {number} of the clock"
    leases.release(waiting.result())
    leases.close()


def test_a_pause_may_end_between_any_two_readings_of_the_clock() -> None:
    for number in range(1, NUM_READINGS // 2):
        with asyncio.Runner(loop_factory=Leaping) as runner:
            runner.run(wait_out_a_pause(number))
