r"""Decide on programs by running their tests in a sandbox.

tests    {"cases": [{"stdin": "3 4\n", "stdout": "7\n"}, {"stdin": "1 1\n", "stdout": "2\n"}]}
answer   "```python\nprint(7)\n```"
verdict  fail, "test 2: wrong answer: token 1: expected '2', got '7'"

Covered: programs that read and write, calls of a function, assertions; the languages of `distill.sandbox.languages`;
special judges. Not covered: programs in several files, or that need the network;
special judges and assertions with objects in any sandbox but `namespaces`.
"""

import time
from functools import lru_cache
from typing import Protocol

from distill.records import FailedTest, Outcome, Prompt, Verdict
from distill.references import AssertTests, FunctionTests, JudgeProgram, StdinTests
from distill.references import UnitTests as Reference
from distill.sandbox.assertions import NUM_REMEMBERED
from distill.sandbox.host.pool import WorkerPool
from distill.sandbox.host.remote import RemoteSandbox
from distill.sandbox.host.wasi import WasiSandbox
from distill.sandbox.inside.suite import SOLUTION_MODULES
from distill.sandbox.languages import language_named
from distill.sandbox.task import SpecialJudge, Task, TaskDecision
from distill.verifiers.unit_tests.compiled import find_compiled
from distill.verifiers.unit_tests.dialects import dialect_of, prelude_of
from distill.verifiers.unit_tests.prelude import with_prelude
from distill.verifiers.unit_tests.program import WantedProgram, find_program
from distill.verifiers.unit_tests.source import PythonSource, imported_from

DEFAULT_TIME_LIMIT_S = 4.0
DEFAULT_MEMORY_MB = 1024
PROGRAM_LIMIT_S = 300.0
"""All tests of one program together."""


class Sandbox(Protocol):
    """What decides on tasks: our worker processes, or a sandbox elsewhere."""

    isolation: tuple[str, ...]
    slowness: float

    async def decide(self, task: Task) -> TaskDecision:
        """Try a program on its tests."""
        ...

    async def close(self) -> None:
        """Let go of everything; safe to call twice."""
        ...


def open_sandbox(name: str, num_workers: int) -> Sandbox:
    """The sandbox that `--sandbox` names."""
    if name == "namespaces":
        return WorkerPool(num_workers)
    return WasiSandbox(num_workers) if name == "wasi" else RemoteSandbox(name, num_workers)


class UnitTests:
    """Runs the program of an answer on the tests of its prompt.

    Passes only what was seen: outputs that the sandbox does not know, compared outside of it. See `distill.sandbox`
    for what it isolates and what it does not. Outcomes: `fail` for wrong answers, limits, errors, and where there is no
    program; `abstain` where the sandbox broke, a toolchain is missing, or the tests themselves make no sense.
    """

    def __init__(self, *, num_workers: int = 1, sandbox: str = "namespaces", all_tests: bool = False) -> None:
        """Start the workers; SandboxError where programs cannot be isolated as asked.

        `sandbox` is `namespaces` (this machine's Linux), `wasi`, or the URL of a service: `sandboxfusion:http://…`,
        `piston:http://…`. There is no other way, and no silent fall-back. With `all_tests`, go on after the
        first failure, so that verdicts tell how many were passed.
        """
        self._sandbox = open_sandbox(sandbox, num_workers)
        self._all_tests = all_tests

    def describe(self) -> tuple[str, ...]:
        """The walls that are up, each in a few words."""
        return (*self._sandbox.isolation, f"time limits x {self._sandbox.slowness:.2f}")

    async def verify(self, prompt: Prompt, answer: str) -> Verdict:
        """Decide on the program in `answer`."""
        started_s = time.perf_counter()
        assert isinstance(prompt.reference, Reference)
        program, found = await self._decide(prompt.reference, answer, _asked(prompt))
        seconds = time.perf_counter() - started_s
        verdict = Verdict.decided(
            Outcome(found.outcome), "unit_tests", found.reason, extracted=program, seconds=seconds
        )
        shown = found.failed_test and FailedTest(**found.failed_test._asdict())
        return verdict.model_copy(
            update={"num_passed": found.num_passed, "num_tests": found.num_tests, "failed_test": shown}
        )

    async def close(self) -> None:
        """End the workers; safe to call twice."""
        await self._sandbox.close()

    async def _decide(self, tests: Reference, answer: str, asked: str) -> tuple[str | None, TaskDecision]:
        language = language_named(tests.language)
        if language is None:
            return None, TaskDecision("abstain", f"no way to run {tests.language!r}")
        written = _encodable(answer)
        if language.name == "python":
            program = find_program(written, _wanted(tests)._replace(labels=language.labels), asked)
        else:
            program = find_compiled(written, language)
        if program is None:
            return None, TaskDecision("fail", "no program found")
        return program, await self._sandbox.decide(self._task(tests, program, language.name))

    def _task(self, tests: Reference, program: str, language: str) -> Task:
        limit = (tests.time_limit_s or DEFAULT_TIME_LIMIT_S) * self._sandbox.slowness
        judge = tests.checker if isinstance(tests.checker, JudgeProgram) else None
        dialect = dialect_of(program, tests.dialect, is_whole=isinstance(tests, StdinTests))
        names = prelude_of(dialect, is_called=isinstance(tests, FunctionTests))
        task = Task(
            program=with_prelude(program, names) if language == "python" else program,
            language=language,
            kind="assert",
            cases=[],
            wall_s=limit,
            memory_mb=tests.memory_mb or DEFAULT_MEMORY_MB,
            program_s=max(PROGRAM_LIMIT_S, limit),
            checker=tests.checker if isinstance(tests.checker, str) else "judge",
            judge=_special(judge) if judge else None,
            tolerance=tests.tolerance,
            all_tests=self._all_tests,
            dialect=dialect,
            packages=tests.packages or (),
        )
        if isinstance(tests, StdinTests):
            return task._replace(kind="stdin", cases=[[case.stdin, case.stdout] for case in tests.cases])
        if isinstance(tests, FunctionTests):
            cases: list[list[object]] = [[case.args, case.expected] for case in tests.cases]
            return task._replace(kind="function", function=tests.function, cases=cases)
        return task._replace(code=tests.code, entry_point=_entry_point(tests))


def _wanted(tests: Reference) -> WantedProgram:
    """The functions and classes that tests want of a program; none where it reads and writes."""
    if isinstance(tests, StdinTests):
        return WantedProgram(())
    if isinstance(tests, FunctionTests):
        return WantedProgram((), names=frozenset({tests.function.partition(".")[0]}))
    used, entry = _used_by(tests.code), _entry_point(tests)
    return WantedProgram((), names=used if entry is None else frozenset({entry.partition(".")[0]}), used=used)


def _entry_point(tests: AssertTests) -> str | None:
    """The path of what `check` is called with; LeetCode's data sets write `Solution().twoSum`."""
    return tests.entry_point and tests.entry_point.replace("()", "")


@lru_cache(maxsize=NUM_REMEMBERED)
def _used_by(tests: str) -> frozenset[str]:
    """The names that tests read and do not define; all samples of a prompt have the same tests."""
    source = PythonSource(tests)
    return source.free | imported_from(source, SOLUTION_MODULES)


def _asked(prompt: Prompt) -> str:
    """What the user wrote."""
    return "\n\n".join(message.content for message in prompt.messages if message.role == "user")


def _encodable(text: str) -> str:
    """A text that can be written: JSON may hold halves of characters."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _special(judge: JudgeProgram) -> SpecialJudge:
    return SpecialJudge(_name_of(judge.language), judge.code, judge.files, bool(judge.interactive))


def _name_of(language: str) -> str:
    """The usual name of a language, or what the row calls it."""
    known = language_named(language)
    return known.name if known else language
