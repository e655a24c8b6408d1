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
from typing import BinaryIO

from distill.errors import DistillError
from distill.linux import die_with_parent
from distill.training.machine.layout import accelerate_config, check_processes, layout_of, num_nodes
from distill.training.recipe import StudentRecipe
from distill.training.work_folder import LOG, PROGRESS, REFUSAL

POLL_S = 0.1
"""How long a step may have been written before it is told."""
STOP_TIMEOUT_S = 40
"""How long a launcher may take to end its workers; torch's own elastic agent kills them after 30 s."""


def command(
    recipe: StudentRecipe, work: Path, num_processes: int, worker: str = "distill.training.worker.sft"
) -> list[str]:
    """The `accelerate launch` line of a worker module; above `distill.gpus_per_node`, what every node runs.

    Rank and address of a node then come from the environment, which scripts/slurm/train.sbatch sets. Raises RecipeError
    where accelerate would start something else than what the recipe says.
    """
    check_processes(recipe, num_processes)
    block, nodes = recipe.distill, num_nodes(recipe, num_processes)
    line = ["accelerate", "launch", "--config_file", str(accelerate_config(block.accelerate))]
    line += ["--mixed_precision", _precision(recipe)]  # else the config file's holds, whatever the recipe says
    line += ["--num_processes", str(num_processes), "--num_machines", str(nodes)]
    if nodes > 1:
        line += ["--machine_rank", "$SLURM_PROCID", "--main_process_ip", "$MASTER_ADDR"]
        line += ["--main_process_port", "$MASTER_PORT"]
    elif num_processes > 1:
        line += ["--main_process_port", "0"]  # a free one, so that two trainings on one machine do not meet
    if recipe.trl.get("use_cpu") and "OMP_NUM_THREADS" not in os.environ:  # which accelerate heeds
        line += ["--num_cpu_threads_per_process", str(max(1, (os.cpu_count() or 1) // num_processes))]
    if layout_of(recipe).kind == "NO" and num_processes > 1:
        line += ["--multi_gpu"]  # accelerate's switch for more than one process, on a CPU as well
    if block.sequence_parallel > 1:
        attention = str(recipe.trl.get("attn_implementation") or "sdpa")  # DeepSpeed refuses another than the model's
        line += ["--parallelism_config_sp_size", str(block.sequence_parallel)]
        line += ["--parallelism_config_sp_attn_implementation", attention]
    return [*line, "-m", worker, str(work)]


def shell(line: list[str]) -> str:
    """The line as one types it; `$NAME` stays open for the shell of each node."""
    return " ".join(f'"{part}"' if part.startswith("$") else shlex.quote(part) for part in line)


def sbatch_line(recipe: StudentRecipe, work: Path, num_processes: int) -> str:
    """What starts every node of a cluster under Slurm."""
    nodes = num_nodes(recipe, num_processes)
    sizes = f"--nodes {nodes} --gpus-per-node {num_processes // nodes}"
    return f"sbatch {sizes} scripts/slurm/train.sbatch {shlex.quote(str(work / 'launch.sh'))}"


def run(line: list[str], work: Path, progress: Callable[[dict[str, float]], None]) -> None:
    """Run an `accelerate launch` line with this Python's accelerate, and follow it."""
    follow([sys.executable, "-m", "accelerate.commands.accelerate_cli", *line[1:]], work, progress)


def follow(line: list[str], work: Path, progress: Callable[[dict[str, float]], None]) -> None:
    """Run a line; what it prints goes to WORK/train.log, and what its worker writes to WORK/progress.jsonl is told.

    Raises DistillError where it fails, with the worker's own sentence or the log's last lines. Nothing of it outlives
    this call: left early, by Ctrl-C say, it is ended first; where this process is killed, it is killed with it.
    """
    log = work / LOG
    begin = log.stat().st_size if log.is_file() else 0
    with log.open("ab") as output, (work / PROGRESS).open("wb+") as steps, _running(line, output) as process:
        is_over = False
        while not is_over:
            with suppress(subprocess.TimeoutExpired):
                process.wait(POLL_S)
            is_over = process.poll() is not None
            for step in _whole_lines(steps):
                progress(json.loads(step))
    if process.returncode:
        lines = log.read_bytes()[begin:].decode(errors="replace").splitlines()
        refusals = [line.removeprefix(REFUSAL) for line in lines if line.startswith(REFUSAL)]
        if refusals:
            raise DistillError(refusals[0])
        tail = "\n".join(lines[-15:])
        raise DistillError(f"Training ended with exit code {process.returncode}. The log is {log}; it ends:\n{tail}")


@contextmanager
def _running(line: list[str], output: BinaryIO) -> "Iterator[subprocess.Popen[bytes]]":
    """A launcher. Its workers, which it puts into sessions of their own, die with it (`process.run`)."""
    # Huge pages spare CPU training a fifth of its time, which page faults of fresh gradients would take.
    environment = os.environ | {"TOKENIZERS_PARALLELISM": "false", "THP_MEM_ALLOC_ENABLE": "1"}
    with subprocess.Popen(
        line,
        stdin=subprocess.DEVNULL,
        stdout=output,
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


def _whole_lines(file: BinaryIO) -> Iterator[bytes]:
    """What was written since the last call; half a line is left for the next."""
    while (line := file.readline()).endswith(b"\n"):
        yield line
    file.seek(-len(line), os.SEEK_CUR)


def _precision(recipe: StudentRecipe) -> str:
    """As TRL reads the two keys: bf16 unless something else is said."""
    if recipe.trl.get("fp16"):
        return "fp16"
    return "no" if recipe.trl.get("bf16") is False else "bf16"
