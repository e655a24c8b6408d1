"""Decide on programs by running their tests in a sandbox."""

import re
import time
from typing import Protocol

from distill.records import FunctionTests, JudgeProgram, Outcome, Prompt, StdinTests, Verdict
from distill.records import UnitTests as Reference
from distill.sandbox.host.pool import Pool
from distill.sandbox.host.remote import RemoteSandbox
from distill.sandbox.host.wasi import WasiSandbox
from distill.sandbox.languages import language_named
from distill.sandbox.task import Decision, Judge, Task
from distill.verifiers.unit_tests.program import extract_program

DEFAULT_TIME_LIMIT_S = 4.0
DEFAULT_MEMORY_MB = 1024
PROGRAM_LIMIT_S = 300.0
"""All tests of one program together."""
_SHARE = re.compile(r"; passed (\d+) of (\d+)$")
"""How `distill.sandbox` ends the reason of a failed program whose tests were all run."""


class Sandbox(Protocol):
    """What decides on tasks: worker processes of ours, or somebody else's sandbox."""

    isolation: tuple[str, ...]
    slowness: float

    async def decide(self, task: Task) -> Decision:
        """Try a program on its tests."""
        ...

    async def close(self) -> None:
        """Let go of everything; safe to call twice."""
        ...


def open_sandbox(name: str, num_workers: int) -> Sandbox:
    """The sandbox that `--sandbox` names."""
    if name == "namespaces":
        return Pool(num_workers)
    return WasiSandbox(num_workers) if name == "wasi" else RemoteSandbox(name, num_workers)


class UnitTests:
    """Runs the last program of an answer on the tests of its prompt.

    Passes only what was seen: outputs that the sandbox does not know, compared outside of it. See `distill.sandbox`
    for what it isolates and what it does not. Outcomes: `fail` for wrong answers, limits, errors, and where there is no
    program; `abstain` where the sandbox broke, a toolchain is missing, or the tests themselves make no sense.
    """

    def __init__(self, *, num_workers: int = 1, sandbox: str = "namespaces", all_tests: bool = False) -> None:
        """Start the workers; SandboxError where programs cannot be isolated as asked.

        `sandbox` is `namespaces` (this machine's Linux), `wasi`, or the URL of a service: `sandboxfusion:http://…`,
        `piston:http://…`. There is no other way, and no silent fall-back. With `all_tests`, go on after the
        first failure, so that the reason tells how many were passed.
        """
        self._sandbox = open_sandbox(sandbox, num_workers)
        self._all_tests = all_tests

    def describe(self) -> tuple[str, ...]:
        """The walls that are up, each in a few words."""
        return (*self._sandbox.isolation, f"time limits x {self._sandbox.slowness:.2f}")

    async def verify(self, prompt: Prompt, answer: str) -> Verdict:
        """Decide on the program in `answer`."""
        started = time.perf_counter()
        assert isinstance(prompt.reference, Reference)
        program, decision = await self._decide(prompt.reference, answer)
        return Verdict(
            outcome=Outcome(decision.outcome),
            verifier="unit_tests",
            extracted=program,
            reason=decision.reason,
            seconds=time.perf_counter() - started,
        )

    async def close(self) -> None:
        """End the workers; safe to call twice."""
        await self._sandbox.close()

    async def _decide(self, tests: Reference, answer: str) -> tuple[str | None, Decision]:
        language = language_named(tests.language)
        if language is None:
            return None, Decision("abstain", f"no way to run {tests.language!r}")
        program = extract_program(answer, language.labels)
        if program is None:
            return None, Decision("fail", "no program found")
        return program, await self._sandbox.decide(self._task(tests, program, language.name))

    def _task(self, tests: Reference, program: str, language: str) -> Task:
        limit = (tests.time_limit_s or DEFAULT_TIME_LIMIT_S) * self._sandbox.slowness
        judge = tests.checker if isinstance(tests.checker, JudgeProgram) else None
        task = Task(
            program=program,
            language=language,
            kind="assert",
            cases=[],
            wall_s=limit,
            memory_mb=tests.memory_mb or DEFAULT_MEMORY_MB,
            program_s=max(PROGRAM_LIMIT_S, limit),
            checker=tests.checker if isinstance(tests.checker, str) else "judge",
            judge=Judge(_name_of(judge.language), judge.code) if judge else None,
            tolerance=tests.tolerance,
            all_tests=self._all_tests,
        )
        if isinstance(tests, StdinTests):
            return task._replace(kind="stdin", cases=[[case.stdin, case.stdout] for case in tests.cases])
        if isinstance(tests, FunctionTests):
            cases: list[list[object]] = [[case.args, case.expected] for case in tests.cases]
            return task._replace(kind="function", function=tests.function, cases=cases)
        return task._replace(code=tests.code, entry_point=tests.entry_point)


def share_passed(verdict: Verdict) -> float:
    """The share of its tests that a program passed; it was verified with `all_tests`.

    Assertions end at the first that fails, so that they are all or nothing.
    """
    if verdict.outcome is Outcome.PASS:
        return 1.0
    counted = _SHARE.search(verdict.reason)
    return int(counted[1]) / int(counted[2]) if counted else 0.0


def _name_of(language: str) -> str:
    """The usual name of a language, or what the row calls it."""
    known = language_named(language)
    return known.name if known else language
