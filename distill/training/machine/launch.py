"""The command line that starts the training processes, and running it."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from select import select

from distill.errors import DistillError, RecipeError
from distill.linux import die_with_parent
from distill.recipe.loading import recipes_folder
from distill.training.machine.fit import GPUS_PER_NODE
from distill.training.recipe import StudentRecipe

MARK = "@distill "
"""Starts a progress line of the worker."""

STOP_TIMEOUT_S = 40
"""How long a launcher may take to end its workers; torch's own elastic agent kills them after 30 s."""


def num_nodes(num_processes: int) -> int:
    """Machines of eight GPUs that are needed."""
    return max(1, -(-num_processes // GPUS_PER_NODE))


def command(
    recipe: StudentRecipe, work: Path, num_processes: int, worker: str = "distill.training.worker.sft"
) -> list[str]:
    """The `accelerate launch` line of a worker module; above eight GPUs, the line that every node runs.

    Rank and address of a node then come from the environment, which scripts/slurm/sft.sbatch sets.
    """
    block, nodes = recipe.distill, num_nodes(num_processes)
    line = ["accelerate", "launch", "--config_file", str(accelerate_config(block.accelerate))]
    line += ["--num_processes", str(num_processes), "--num_machines", str(nodes)]
    if nodes > 1:
        line += ["--machine_rank", "$SLURM_PROCID", "--main_process_ip", "$MASTER_ADDR"]
        line += ["--main_process_port", "$MASTER_PORT"]
    elif num_processes > 1:
        line += ["--main_process_port", "0"]  # a free one, so that two trainings on one machine do not meet
    if block.accelerate == "cpu":
        threads = max(1, (os.cpu_count() or 1) // num_processes)
        line += ["--num_cpu_threads_per_process", str(threads), *(["--multi_gpu"] if num_processes > 1 else [])]
    if block.sequence_parallel > 1:
        line += ["--parallelism_config_sp_size", str(block.sequence_parallel)]
    return [*line, "-m", worker, str(work)]


def shell(line: list[str]) -> str:
    """The line as one types it; `$NAME` stays open for the shell of each node."""
    return " ".join(f'"{part}"' if part.startswith("$") else shlex.quote(part) for part in line)


def accelerate_config(name: str) -> Path:
    """A shipped accelerate config by name, or any by path."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else recipes_folder() / "accelerate" / f"{name}.yaml"
    if not path.is_file():
        names = ", ".join(sorted(file.stem for file in (recipes_folder() / "accelerate").glob("*.yaml")))
        raise RecipeError(f"There is no accelerate config {name}. Set distill.accelerate to one of {names}, or a path.")
    return path


def run(line: list[str], log: Path, progress: Callable[[dict[str, float]], None]) -> None:
    """Run an `accelerate launch` line with this Python's accelerate, and follow it."""
    follow([sys.executable, "-m", "accelerate.commands.accelerate_cli", *line[1:]], log, progress)


def follow(line: list[str], log: Path, progress: Callable[[dict[str, float]], None]) -> None:
    """Run a line; the worker's progress goes to `progress`, everything else to `log`.

    Raises DistillError where it fails, with the worker's own sentence or the log's last lines. Nothing of it outlives
    this call: left early, by Ctrl-C say, it is ended first; where this process is killed, it is killed with it.
    """
    refusal = ""
    with log.open("a", encoding="utf-8") as file, _running(line) as process:
        for text in _lines(process):
            if text.startswith(MARK):
                told = json.loads(text.removeprefix(MARK))
                if "refusal" in told:
                    refusal = told["refusal"]
                else:
                    progress(told)
            else:
                file.write(text)
                file.flush()
        process.wait()
    if process.returncode and refusal:
        raise DistillError(refusal)
    if process.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8").splitlines()[-15:])
        raise DistillError(f"Training ended with exit code {process.returncode}. The log is {log}; it ends:\n{tail}")


@contextmanager
def _running(line: list[str]) -> "Iterator[subprocess.Popen[bytes]]":
    """A launcher. Its workers, which it puts into sessions of their own, die with it (`process.run`)."""
    # Huge pages spare CPU training a fifth of its time, which page faults of fresh gradients would take.
    environment = os.environ | {"TOKENIZERS_PARALLELISM": "false", "THP_MEM_ALLOC_ENABLE": "1"}
    with subprocess.Popen(
        line,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - a bare system call, safe between fork and exec
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _lines(process: "subprocess.Popen[bytes]") -> Iterator[str]:
    """What a process writes until it ends. A child that it left behind may keep the pipe open, so no end is awaited."""
    assert process.stdout is not None
    rest = b""
    while True:
        is_over = process.poll() is not None
        if select([process.stdout], [], [], 0 if is_over else 1)[0]:
            if not (chunk := os.read(process.stdout.fileno(), 1 << 16)):
                break
            *whole, rest = (rest + chunk).split(b"\n")
            yield from (f"{text.decode(errors='replace')}\n" for text in whole)
        elif is_over:
            break
    if rest:
        yield f"{rest.decode(errors='replace')}\n"
