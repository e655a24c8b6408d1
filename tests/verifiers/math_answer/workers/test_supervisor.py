"""The workers as a run uses them: limits, deaths, memory, threads."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from distill.errors import DistillError
from distill.records import Message, Outcome, Prompt, Verdict
from distill.references import Answer
from distill.verifiers.math_answer import MathAnswer
from distill.verifiers.math_answer.extracting.extract import Extraction
from distill.verifiers.math_answer.workers.supervisor import Supervisor

DATA = Path(__file__).parents[3] / "data"
HANGING = (r"\lim_{n\to\infty}\sum_{k=1}^{10^{9}}\frac{\sin(k^k)}{k!}", r"\int_0^1 e^{x^x}\sin(x^{x^x})\,dx")


def prompt(reference: str, source: str | None = None) -> Prompt:
    user = Message(role="user", content="?")
    return Prompt(id="p", messages=(user,), domain="math", reference=Answer(value=reference), source=source)


shared_loop = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def verifier() -> AsyncIterator[MathAnswer]:
    """One for the module: starting sympy takes longer than most tests."""
    made = MathAnswer(num_workers=2, time_limit_s=10.0)
    yield made
    await made.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def impatient() -> AsyncIterator[MathAnswer]:
    """For inputs that would take minutes."""
    made = MathAnswer(num_workers=2, time_limit_s=1.0)
    yield made
    await made.close()


async def verdicts(verifier: MathAnswer, pairs: list[tuple[str, str]]) -> list[Verdict]:
    return await asyncio.gather(*(verifier.verify(prompt(reference), answer) for reference, answer in pairs))


def worker_pids(verifier: MathAnswer) -> list[int]:
    assert verifier._supervisor is not None
    return [worker.pid for worker in verifier._supervisor._workers]


@shared_loop
async def test_verdicts_say_what_was_extracted_and_by_which_rule(verifier: MathAnswer) -> None:
    passed = await verifier.verify(prompt(r"\frac12"), r"So $\boxed{0.5}$.")
    assert (passed.outcome, passed.extracted, passed.reason) == (Outcome.PASS, "0.5", "equal (boxed)")
    failed = await verifier.verify(prompt("x+1"), r"\boxed{x+2}")
    assert failed.outcome is Outcome.FAIL
    missing = await verifier.verify(prompt("1"), "")
    assert (missing.outcome, missing.extracted, missing.reason) == (Outcome.FAIL, None, "no answer")


@shared_loop
async def test_a_reference_that_cannot_be_read_abstains(verifier: MathAnswer) -> None:
    verdict = await verifier.verify(prompt(r"\foo{\bar"), "5")
    assert verdict.outcome is Outcome.ABSTAIN


@shared_loop
async def test_a_convention_is_chosen_by_source(verifier: MathAnswer) -> None:
    assert (await verifier.verify(prompt("3.14", "webinstruct"), "3.15")).outcome is Outcome.PASS
    assert (await verifier.verify(prompt("3.14"), "3.15")).outcome is Outcome.FAIL


@shared_loop
async def test_sympy_decides_what_the_grammar_does_not_cover(verifier: MathAnswer) -> None:
    assert (await verifier.verify(prompt(r"\int_0^1 x^2 dx"), r"\boxed{\frac13}")).outcome is Outcome.PASS
    assert (await verifier.verify(prompt(r"\int_0^1 x^2 dx"), r"\boxed{\frac14}")).outcome is Outcome.FAIL


@shared_loop
async def test_the_worst_inputs_end_in_time_and_the_others_are_not_charged(impatient: MathAnswer) -> None:
    rows = [json.loads(line) for line in (DATA / "math_worst_cases.jsonl").read_text().splitlines()]
    plain = [(rf"\frac{{{n}}}{{7}}", rf"\boxed{{\frac{{{2 * n}}}{{14}}}}") for n in range(300)]
    worst = [(row["gold"], row["pred"]) for row in rows]
    results = await verdicts(impatient, [*plain[:150], *worst, *plain[150:]])
    assert all(verdict.outcome is Outcome.PASS for verdict in (*results[:150], *results[-150:]))
    assert all(verdict.seconds <= 10 for verdict in results)


async def test_what_takes_more_cpu_time_than_it_may_is_undecided_and_charged_with_its_limit() -> None:
    supervisor = Supervisor(1, 0.5)
    timed = await supervisor.decide("7", Extraction(HANGING[1], "boxed"), "")
    assert timed == ((Outcome.ABSTAIN, "undecided within 0.5 s of CPU time"), 0.5)
    await supervisor.close()


async def test_time_that_passes_while_a_worker_does_not_run_is_not_charged() -> None:
    """It stands still for longer than its limit, as on a machine that others use."""
    supervisor = Supervisor(1, 1.0)
    await supervisor.decide("x", Extraction("y", "boxed"), "")
    (worker,) = supervisor._workers
    os.kill(worker.pid, signal.SIGSTOP)
    waiting = asyncio.create_task(supervisor.decide("x+1", Extraction("1+x", "boxed"), ""))
    await asyncio.sleep(1.2)
    assert not waiting.done()
    os.kill(worker.pid, signal.SIGCONT)
    timed = await waiting
    assert timed.decision.outcome is Outcome.PASS
    assert timed.seconds < 1
    await supervisor.close()


async def test_a_worker_that_never_answers_is_given_up_after_ten_times_its_limit_of_wall_time() -> None:
    supervisor = Supervisor(1, 0.2)
    await supervisor.decide("1/2", Extraction("2/4", "boxed"), "")
    (worker,) = supervisor._workers
    os.kill(worker.pid, signal.SIGSTOP)
    timed = await supervisor.decide("x+1", Extraction("1+x", "boxed"), "")
    assert timed.decision == (Outcome.ABSTAIN, "no answer of the checker within 2 s")
    await supervisor.close()


async def test_workers_that_cannot_be_started_are_an_error_and_no_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sympy.py").write_text("raise ImportError('this sympy is broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    verifier = MathAnswer()
    for _ in range(2):
        with pytest.raises(DistillError, match=r"cannot be started .*this sympy is broken"):
            await verifier.verify(prompt("x+1"), r"\boxed{1+x}")
    await verifier.close()


@shared_loop
async def test_a_worker_that_is_killed_loses_no_row(verifier: MathAnswer) -> None:
    await verifier.verify(prompt("x"), "y")
    pairs = [(rf"\sqrt{{{n}}}+x", rf"\boxed{{x+\sqrt{{{n}}}}}") for n in range(2, 1500)]
    task = asyncio.create_task(verdicts(verifier, pairs))
    for _ in range(4):
        await asyncio.sleep(0.03)
        for pid in worker_pids(verifier)[:1]:
            os.kill(pid, signal.SIGKILL)
    assert all(verdict.outcome is Outcome.PASS for verdict in await task)


@shared_loop
async def test_an_answer_that_kills_its_worker_is_charged_alone(impatient: MathAnswer) -> None:
    await impatient.verify(prompt("x"), "y")
    hanging = asyncio.create_task(impatient.verify(prompt("7"), rf"\boxed{{{HANGING[1]}}}"))
    for _ in range(60):
        await asyncio.sleep(0.05)
        busy = [w.pid for w in impatient._supervisor._workers if w.given] if impatient._supervisor else []
        for pid in busy:
            os.kill(pid, signal.SIGKILL)
        if hanging.done():
            break
    verdict = await hanging
    assert verdict.outcome is not Outcome.PASS
    assert (await impatient.verify(prompt(r"\frac12"), r"\boxed{\frac24}")).outcome is Outcome.PASS


@shared_loop
async def test_memory_is_capped(impatient: MathAnswer) -> None:
    """What would need far more than the cap ends as an abstain or a fail, and the worker serves on."""
    huge = r"\prod_{k=1}^{400}\left(x+k\right)^{k}-\int x^{x}\,dx"
    assert (await impatient.verify(prompt("3"), rf"\boxed{{{huge}}}")).outcome is not Outcome.PASS
    assert (await impatient.verify(prompt(r"\frac12"), r"\boxed{\frac36}")).outcome is Outcome.PASS


@shared_loop
async def test_the_zygote_may_die(verifier: MathAnswer) -> None:
    await verifier.verify(prompt("x"), "y")
    assert verifier._supervisor is not None
    assert verifier._supervisor._zygote is not None
    os.kill(verifier._supervisor._zygote._process.pid, signal.SIGKILL)
    pairs = [(rf"\frac{{{n}}}{{3}}", rf"\boxed{{\frac{{{2 * n}}}{{6}}}}") for n in range(1, 200)]
    assert all(verdict.outcome is Outcome.PASS for verdict in await verdicts(verifier, pairs))


@shared_loop
async def test_a_megabyte_ends_at_once(verifier: MathAnswer) -> None:
    results = await verdicts(
        verifier, [("x+1", rf"\boxed{{{'(' * 10**6}}}"), ("x+1", "x" * 10**6), ("x+1", "é\ud800" * 400_000)]
    )
    assert not any(verdict.outcome is Outcome.PASS for verdict in results)


@shared_loop
async def test_lone_surrogates_are_no_crash(verifier: MathAnswer) -> None:
    assert (await verifier.verify(prompt("x+1"), "\\boxed{x+\ud800}")).outcome is not Outcome.PASS


async def test_closing_while_a_worker_is_being_connected_leaves_nothing() -> None:
    supervisor = Supervisor(1, 1.0)
    while not supervisor._workers:  # noqa: ASYNC110 - it has to be closed in the very step after this one
        await asyncio.sleep(0)
    (worker,) = supervisor._workers
    await supervisor.close()
    assert not supervisor._tasks
    assert worker.source._process.returncode == 0


async def test_close_twice_and_pids_are_gone() -> None:
    verifier = MathAnswer()
    await verifier.verify(prompt("x"), "y")
    pids = worker_pids(verifier)
    await verifier.close()
    await verifier.close()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_off_the_main_thread() -> None:
    async def run() -> Outcome:
        verifier = MathAnswer()
        try:
            return (await verifier.verify(prompt("x+1"), r"\boxed{1+x}")).outcome
        finally:
            await verifier.close()

    async def in_a_thread(work: Callable[[], Outcome]) -> Outcome:
        return await asyncio.to_thread(work)

    assert asyncio.run(in_a_thread(lambda: asyncio.run(run()))) is Outcome.PASS
