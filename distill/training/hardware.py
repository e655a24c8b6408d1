"""What this machine has for a training, said before an hour of queueing."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from distill.errors import MissingExtraError, RecipeError
from distill.training import fit, launch
from distill.training.recipe import StudentRecipe


def need_libraries() -> None:
    """Raises MissingExtraError where the extra `train` is not installed."""
    missing = [name for name in ("torch", "transformers", "trl", "accelerate") if find_spec(name) is None]
    if missing:
        raise MissingExtraError(f'Training needs {", ".join(missing)}. Run: pip install "distill[train]"')


def num_devices(recipe: StudentRecipe) -> int:
    """Processes to start unless told otherwise: one a GPU of this machine."""
    import torch

    return 1 if recipe.trl.get("use_cpu") else max(1, torch.cuda.device_count())


def refuse_hardware(
    recipe: StudentRecipe, num_processes: int, work: Path, estimate: Callable[[], fit.Estimate]
) -> None:
    """Raises RecipeError for what this machine cannot do; on CPU, nothing is refused."""
    if recipe.trl.get("use_cpu"):
        return
    import torch

    if launch.num_nodes(num_processes) > 1:
        raise RecipeError(
            f"{num_processes} GPUs are {launch.num_nodes(num_processes)} nodes. Everything is prepared; start every "
            f"node with: sbatch scripts/slurm/sft.sbatch {work / 'launch.sh'}, then repeat this command."
        )
    if torch.cuda.device_count() < num_processes:
        raise RecipeError(
            f"{recipe.name} wants {num_processes} GPUs, and this machine has {torch.cuda.device_count()}. Lower "
            "--gpus, or train on CPU with use_cpu=true bf16=false distill.accelerate=cpu."
        )
    found = estimate()
    if found.memory.total > torch.cuda.get_device_properties(0).total_memory:
        raise RecipeError(fit.refusal(recipe, found))
