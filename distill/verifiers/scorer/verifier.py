"""The verifier of puzzles: what a text states as its answer, and what a package's scorer says of it."""

import json
import time
from functools import cache

from distill.records import Outcome, Prompt, Verdict
from distill.references import Scorer, ScorerPackage
from distill.sandbox.host.pool import WorkerPool
from distill.sandbox.task import Task, TaskDecision
from distill.verifiers.scorer.packages import PACKAGES, described, installed
from distill.verifiers.scorer.statement import MAX_CHARS, Submission, find_statement, readings

TIME_LIMIT_S = 10.0
"""For one answer, most of which take milliseconds; time without a CPU is not counted."""
MEMORY_MB = 1024


class ScorerVerifier:
    """Decides on answers against a `Scorer` reference, each in a process of its own behind the sandbox's walls."""

    def __init__(self, *, num_workers: int = 1) -> None:
        """Nothing is started before the first puzzle comes."""
        self._num_workers = num_workers
        self._pool: WorkerPool | None = None
        self._used: set[ScorerPackage] = set()

    async def verify(self, prompt: Prompt, answer: str) -> Verdict:
        """Decide on `answer`, the text after the reasoning.

        Raises MissingExtraError where the package is missing, and SandboxError where this machine allows no walls.
        """
        assert isinstance(prompt.reference, Scorer)
        started_s = time.perf_counter()
        installed(prompt.reference.package)
        self._used.add(prompt.reference.package)
        statement = find_statement(answer)
        if statement is None:
            return Verdict.failed("scorer", "no answer")
        self._pool = self._pool or WorkerPool(self._num_workers)
        found = await self._decide(self._pool, prompt.reference, statement)
        seconds = time.perf_counter() - started_s
        reason = f"{found.reason} ({statement.rule})"
        return Verdict.decided(Outcome(found.outcome), "scorer", reason, statement.texts[0][:MAX_CHARS], seconds)

    async def close(self) -> None:
        """End the workers; safe to call twice."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    def describe(self) -> tuple[str, ...]:
        """The packages that were asked, with their versions, and the walls around them."""
        return (*map(described, sorted(self._used)), *(self._pool.isolation if self._pool else ()))

    async def _decide(self, pool: WorkerPool, reference: Scorer, statement: Submission) -> TaskDecision:
        if any(len(text) > MAX_CHARS for text in statement.texts):
            return TaskDecision("abstain", f"longer than {MAX_CHARS:,} characters")
        return await pool.decide(_task(reference, statement, TIME_LIMIT_S * pool.slowness))


def _task(reference: Scorer, statement: Submission, limit_s: float) -> Task:
    asked = {
        "task": reference.task,
        "entry": reference.entry,
        "readings": readings(statement),
        "is_marked": statement.is_marked,
    }
    return Task(
        program=_program(reference.package),
        language="python",
        kind="score",
        cases=[[json.dumps(asked)]],
        cpu_s=limit_s,
        memory_mb=MEMORY_MB,
        program_s=limit_s,
        warm=(PACKAGES[reference.package].module,),
    )


@cache
def _program(name: ScorerPackage) -> str:
    return PACKAGES[name].program.read_text(encoding="utf-8")
