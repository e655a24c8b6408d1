"""Thousands of programs while workers, zygotes and programs are killed at random: every row gets its right verdict."""

import asyncio
import contextlib
import os
import random
import select
import signal

import pytest

from distill.sandbox.host.pool import WorkerPool
from distill.verifiers.unit_tests.verifier import UnitTests
from tests.verifiers.programs import SUM, descendants, on_inputs, resident_mb, sections

HONEST = [(SUM, "pass"), (SUM + "\nprint()", "pass"), ("print(21)", "fail"), ("1 / 0", "fail"), ("print(", "fail")]
QUICK = {
    "exit_zero", "os_exit_zero", "exit_after_half", "raise_after_answer", "kill_self", "kill_parent", "daemon", "abort",
    "posix_kill_parent", "setsid_double_fork", "child_holds_the_pipe", "memory_at_once", "output_flood", "segfault",
    "fd_bomb", "inode_bomb", "disk_bomb", "deep_json", "forge_reports", "forge_reports_and_exit", "patch_builtins",
    "close_every_descriptor", "truncate_every_descriptor", "seal_every_descriptor", "unshare_user", "internet",
}  # fmt: skip
TESTS = on_inputs(("5\n1 2 3 4 5\n", "20\n"), time_limit_s=2, memory_mb=256)


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # many live for a few milliseconds only
        os.kill(pid, signal.SIGKILL)


async def test_a_worker_that_dies_is_replaced() -> None:
    verifier = UnitTests()
    for _ in range(3):
        for pid in descendants():
            kill(pid)
        assert (await verifier.verify(TESTS, SUM)).outcome.value == "pass"
    await verifier.close()
    assert not descendants()


async def test_a_worker_that_nobody_has_asked_ends_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    pool = WorkerPool(2)
    select.select([pool._processes[1].socket], [], [])  # it has said hello, which nobody reads
    await pool.close()
    assert capfd.readouterr() == ("", "")


async def test_a_worker_that_dies_again_and_again_is_not_the_teachers_fault() -> None:
    verifier = UnitTests()
    task = asyncio.create_task(verifier.verify(TESTS, "while True: pass"))
    while not task.done():
        await asyncio.sleep(0.15)
        for pid in descendants():
            kill(pid)
    verdict = task.result()
    await verifier.close()
    assert verdict.outcome.value == "abstain"
    assert verdict.reason.startswith("sandbox error")


@pytest.mark.slow
async def test_two_thousand_programs_under_random_kills() -> None:
    hostile = [(source, outcome) for name, outcome, source in sections("hostile_programs.txt") if name in QUICK]
    rng = random.Random(0)
    rows = [rng.choice(hostile if number % 3 == 0 else HONEST) for number in range(2000)]
    verifier = UnitTests(num_workers=2)
    await verifier.verify(TESTS, SUM)
    before = resident_mb(os.getpid())
    limit = asyncio.Semaphore(8)

    async def decide(program: str) -> str:
        async with limit:
            return (await verifier.verify(TESTS, program)).outcome.value

    async def kill_now_and_then() -> None:
        while True:
            await asyncio.sleep(rng.uniform(0.2, 1.0))
            victims = sorted(descendants())
            if victims:
                kill(rng.choice(victims))

    killer = asyncio.create_task(kill_now_and_then())
    outcomes = await asyncio.gather(*(decide(program) for program, _ in rows))
    killer.cancel()
    wrong = [(p, want, got) for (p, want), got in zip(rows, outcomes, strict=True) if got not in {want, "abstain"}]
    await verifier.close()
    assert not wrong
    assert outcomes.count("abstain") < len(rows) / 100
    assert resident_mb(os.getpid()) - before < 30
    assert not descendants()
