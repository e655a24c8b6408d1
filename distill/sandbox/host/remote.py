"""Run programs in an existing sandbox service over HTTP: SandboxFusion's or Piston's interface.

The service decides what it isolates; SandboxFusion, for example, isolates nothing by default.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple

import aiohttp

from distill.errors import SandboxError
from distill.sandbox.host.whole_programs import decide_whole
from distill.sandbox.limits import MIB, Ending, Limits, Run
from distill.sandbox.task import Task, TaskDecision

_BUILD_S = 30
_GRACE_S = 30.0
_ATTEMPTS = 3

Json = Mapping[str, object]


class Service(NamedTuple):
    """How one kind of service is asked, and how its answer reads."""

    path: str
    ask: Callable[[str, str, str, Limits], Json]
    read: Callable[[Json], Run]


class RemoteSandbox:
    """Decides on tasks by a service. `num_workers` programs run there at once."""

    def __init__(self, url: str, num_workers: int) -> None:
        """`url` is `sandboxfusion:http://…` or `piston:http://…`; nothing is asked of it yet."""
        kind, _, base = url.partition(":")
        if kind not in SERVICES or not base.startswith(("http://", "https://")):
            raise SandboxError(
                f"There is no sandbox {url!r}; write namespaces, wasi, sandboxfusion:http://HOST:PORT or "
                "piston:http://HOST:PORT."
            )
        self._service = SERVICES[kind]
        self._url = base.rstrip("/") + self._service.path
        self._slots = asyncio.Semaphore(num_workers)
        self._session: aiohttp.ClientSession | None = None
        self.isolation: tuple[str, ...] = (f"remote: {kind} at {base}, isolation unknown",)
        self.slowness = 1.0

    async def decide(self, task: Task) -> TaskDecision:
        """Decide by running the program there."""
        async with self._slots:
            return await decide_whole(task, self._run)

    async def close(self) -> None:
        """Close connections; safe to call twice."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _run(self, language: str, program: str, stdin: str, limits: Limits) -> Run:
        question, run = self._service.ask(language, program, stdin, limits), lost("not asked")
        for _ in range(_ATTEMPTS):
            run = await self._post(question, limits)
            if run.ending is not Ending.LOST:
                break
        return run

    async def _post(self, question: Json, limits: Limits) -> Run:
        self._session = self._session or aiohttp.ClientSession()
        timeout = aiohttp.ClientTimeout(total=limits.cpu_s + _BUILD_S + _GRACE_S)
        try:
            async with self._session.post(self._url, json=question, timeout=timeout) as response:
                if response.status != 200:
                    return lost(f"{self._url} answered {response.status}")
                return self._service.read(await response.json())
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            return lost(f"{self._url}: {type(error).__name__} {error}")


def lost(why: str) -> Run:
    """A run of which nothing is known."""
    return Run(Ending.LOST, 0, b"", why.encode(), b"", 0.0, 0.0)


def ended(ending: Ending, status: int, stdout: object, stderr: object) -> Run:
    """A run as a service tells it."""
    texts = [text.encode(errors="replace") if isinstance(text, str) else b"" for text in (stdout, stderr)]
    return Run(ending, status, texts[0], texts[1], b"", 0.0, 0.0)


def _ask_fusion(language: str, program: str, stdin: str, limits: Limits) -> Json:
    return {
        "code": program,
        "language": {"javascript": "nodejs"}.get(language, language),
        "stdin": stdin,
        "compile_timeout": _BUILD_S,
        "run_timeout": limits.cpu_s,
        "memory_limit_MB": limits.memory_mb,
    }


def _read_fusion(answer: Json) -> Run:
    if answer["status"] == "SandboxError":
        return lost(str(answer.get("message")))
    built, run = answer.get("compile_result"), answer.get("run_result")
    if not isinstance(run, Mapping):
        detail = built if isinstance(built, Mapping) else {}
        return ended(Ending.EXITED, 1, "", f"SyntaxError: {detail.get('stderr')}")
    if run["status"] == "TimeLimitExceeded":
        return ended(Ending.TIME, -9, run.get("stdout"), run.get("stderr"))
    status = run.get("return_code")
    if not isinstance(status, int):
        return lost(f"a run without a status: {run['status']}")
    return ended(Ending.EXITED, status, run.get("stdout"), run.get("stderr"))


def _ask_piston(language: str, program: str, stdin: str, limits: Limits) -> Json:
    return {
        "language": {"cpp": "c++"}.get(language, language),
        "version": "*",
        "files": [{"content": program}],
        "stdin": stdin,
        "compile_timeout": _BUILD_S * 1000,
        "run_timeout": int(limits.cpu_s * 1000),
        "run_memory_limit": limits.memory_mb * MIB,
    }


def _read_piston(answer: Json) -> Run:
    built, run = answer.get("compile"), answer.get("run")
    if isinstance(built, Mapping) and built.get("code") not in {0, None}:
        return ended(Ending.EXITED, 1, "", f"SyntaxError: {built.get('stderr')}")
    if not isinstance(run, Mapping):
        return lost(str(answer.get("message")))
    status, stdout, stderr = run.get("code"), run.get("stdout"), run.get("stderr")
    if run.get("status") == "TO":
        return ended(Ending.TIME, -9, stdout, stderr)
    if run.get("status") == "XX":
        return lost(str(run.get("message")))
    if isinstance(status, int):
        return ended(Ending.EXITED, status, stdout, stderr)
    # Piston kills with SIGKILL for time and memory alike, and older versions do not say which.
    return ended(Ending.TIME if run.get("signal") == "SIGKILL" else Ending.EXITED, -9, stdout, stderr)


SERVICES: Mapping[str, Service] = {
    "sandboxfusion": Service("/run_code", _ask_fusion, _read_fusion),
    "piston": Service("/api/v2/execute", _ask_piston, _read_piston),
}
