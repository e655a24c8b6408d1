"""The command line that starts the training processes, and running it."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from distill.errors import DistillError, RecipeError
from distill.recipe import recipes_folder
from distill.training.recipe import StudentRecipe

MARK = "@distill "
"""Starts a progress line of the worker."""

GPUS_PER_NODE = 8


def num_nodes(num_processes: int) -> int:
    """Machines of eight GPUs that are needed."""
    return max(1, -(-num_processes // GPUS_PER_NODE))


def command(
    recipe: StudentRecipe, work: Path, num_processes: int, worker: str = "distill.training.worker"
) -> list[str]:
    """The `accelerate launch` line of a worker module; above eight GPUs, the line that every node runs.

    Rank and address of a node then come from the environment, which scripts/slurm/sft.sbatch sets.
    """
    block, nodes = recipe.distill, num_nodes(num_processes)
    line = ["accelerate", "launch", "--config_file", str(accelerate_config(block.accelerate))]
    line += ["--num_processes", str(num_processes), "--num_machines", str(nodes)]
    if nodes > 1:
        line += ["--machine_rank", "$SLURM_NODEID", "--main_process_ip", "$MASTER_ADDR", "--main_process_port", "29500"]
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

    Raises DistillError with the log's last lines where it fails. Leaving early, by Ctrl-C say, ends it.
    """
    # Huge pages spare CPU training a fifth of its time, which page faults of fresh gradients would take.
    environment = os.environ | {"TOKENIZERS_PARALLELISM": "false", "THP_MEM_ALLOC_ENABLE": "1"}
    with (
        log.open("a", encoding="utf-8") as file,
        subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as process,
    ):
        assert process.stdout is not None
        try:
            for text in process.stdout:
                if text.startswith(MARK):
                    progress(json.loads(text.removeprefix(MARK)))
                else:
                    file.write(text)
                    file.flush()
            process.wait()
        finally:
            process.terminate()
    if process.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8").splitlines()[-15:])
        raise DistillError(f"Training ended with exit code {process.returncode}. The log is {log}; it ends:\n{tail}")
