"""Scoring programs: they decide themselves, and whatever ends them early decides nothing."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from distill.sandbox.host.pool import WorkerPool
from distill.sandbox.task import Task, TaskDecision

shared_loop = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool() -> AsyncIterator[WorkerPool]:
    made = WorkerPool(1)
    yield made
    await made.close()


async def score(pool: WorkerPool, program: str, stdin: str = "", warm: tuple[str, ...] = ()) -> TaskDecision:
    task = Task(program, "python", "score", [[stdin]], cpu_s=2.0, memory_mb=256, program_s=2.0, warm=warm)
    return await pool.decide(task)


@shared_loop
@pytest.mark.parametrize(
    ("program", "outcome", "reason"),
    [
        ("print('noise'); print('[\"pass\", \"' + input() + '\"]')", "pass", "given"),
        ('print(\'["fail", "scored 0"]\')', "fail", "scored 0"),
        ('print(\'["perhaps", ""]\')', "abstain", "the scorer gave no decision"),
        ("print('[1, 2, 3]')", "abstain", "the scorer gave no decision"),
        ("pass", "abstain", "the scorer gave no decision"),
        ("raise ValueError('x')", "abstain", "the scorer did not finish: runtime error: ValueError: x"),
        ("import os; os._exit(3)", "abstain", "the scorer did not finish: runtime error: exit status 3"),
        ("while True: pass", "abstain", "the scorer did not finish: time limit: 2 s"),
        ("b'x' * 2**40", "abstain", "the scorer did not finish: memory limit: 256 MiB"),
    ],
)
async def test_a_program_decides_if_it_ends_well(program: str, outcome: str, reason: str, pool: WorkerPool) -> None:
    decision = await score(pool, program, "given")
    assert (decision.outcome, decision.reason) == (outcome, reason)


@shared_loop
async def test_what_is_warm_was_imported_before_and_may_have_needed_files(pool: WorkerPool) -> None:
    program = "import sys, os; print('[\"pass\", \"%s %s\"]' % ('tempfile' in sys.modules, os.listdir('/tmp')))"
    assert (await score(pool, program)).reason == "False ['main.py']"
    assert (await score(pool, program, warm=("tempfile", "no_such_module"))).reason == "True ['main.py']"
