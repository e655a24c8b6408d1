"""The engine of `vllm_mode: server`: vLLM on GPUs of its own, to which the trainer sends its weights."""

from pathlib import Path
from urllib.parse import urlsplit

from distill.training.grpo.recipe import GrpoRecipe
from distill.training.machine.fit import tensor_parallel

STUDENT = "student"
"""The prepared student, as a link in the work folder."""
SHARE = 0.9
"""Of a card's memory, as `trl vllm-serve` takes it."""
TRL_PORT = 8000


def serve_line(recipe: GrpoRecipe, work: Path) -> list[str]:
    """The line that starts the engine, with TRL's own command; empty where the trainer needs none.

    It runs until it is stopped, on GPUs that the training does not use, and must be up when the training starts: TRL
    waits `vllm_server_timeout` seconds for it, 240 by default, at `vllm_server_host` (this machine by default) and
    `vllm_server_port`, or at `vllm_server_base_url`. It takes as many GPUs as its weights need.
    """
    trl = recipe.trl
    if not trl.get("use_vllm") or trl.get("vllm_mode", "colocate") != "server":
        return []
    gpus = str(tensor_parallel(recipe.distill.shape, SHARE))
    line = ["trl", "vllm-serve", "--model", str(work / STUDENT), "--tensor_parallel_size", gpus]
    line += ["--max_model_len", str(recipe.max_length), "--gpu_memory_utilization", str(SHARE), "--port", _port(recipe)]
    return [*line, "--dtype", "bfloat16"] if trl.get("bf16", True) else line


def _port(recipe: GrpoRecipe) -> str:
    url = recipe.trl.get("vllm_server_base_url")
    return str(urlsplit(url).port if isinstance(url, str) else recipe.trl.get("vllm_server_port", TRL_PORT))
