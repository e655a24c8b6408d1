"""What this machine has for a training, said before an hour of preparing or queueing."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from distill.errors import MissingExtraError, RecipeError
from distill.progress import say
from distill.training.machine import fit
from distill.training.machine.gpus import GB
from distill.training.machine.launch import sbatch_line
from distill.training.machine.layout import layout_of, num_nodes
from distill.training.recipe import StudentRecipe

ON_CPU = "train on CPU with use_cpu=true bf16=false distill.accelerate=cpu"
_FLASH = {"flash_attention_2": "flash_attn", "flash_attention_3": "flash_attn_interface"}
_TRACKERS = {"mlflow", "tensorboard", "trackio", "wandb"}
"""Values of `report_to` that are the names of packages."""


def need_libraries() -> None:
    """Raises MissingExtraError where the extra `train` is not installed."""
    missing = [name for name in ("torch", "transformers", "trl", "accelerate") if find_spec(name) is None]
    if missing:
        raise MissingExtraError(f'Training needs {", ".join(missing)}. Run: pip install "distill[train]"')


def _is_installed(name: str) -> bool:
    return find_spec(name) is not None


def need_packages(recipe: StudentRecipe, is_installed: Callable[[str], bool] = _is_installed) -> None:
    """Raises MissingExtraError where a setting asks for a package that is not there; else it fails hours later."""
    for setting, packages in _asked(recipe):
        if not any(map(is_installed, packages)):
            raise MissingExtraError(
                f"{recipe.name}: `{setting}` needs {packages[0]}, which is not installed. Run: pip install "
                f"{packages[0]}, or change the setting."
            )


def num_devices(recipe: StudentRecipe) -> int:
    """Processes to start unless told otherwise: one a GPU of this machine."""
    import torch

    return 1 if recipe.trl.get("use_cpu") else max(1, torch.cuda.device_count())


def need_gpus(recipe: StudentRecipe, num_processes: int, estimate: Callable[[], fit.Estimate]) -> None:
    """Raises RecipeError where this machine's GPUs are too few or too small; on CPU, nothing is asked."""
    if recipe.trl.get("use_cpu"):
        return
    import torch

    found = torch.cuda.device_count()
    if not found:
        raise RecipeError(
            f"{recipe.name} trains on GPUs, and this machine has none that torch {torch.__version__} can use. Run it "
            f"where they are, prove the rows here with --check, or {ON_CPU}."
        )
    if found < num_processes:
        raise RecipeError(
            f"{recipe.name} wants {num_processes} GPUs, and this machine has {found}. Lower --gpus, or {ON_CPU}."
        )
    card, needed = torch.cuda.get_device_properties(0), estimate().memory.total
    if needed > card.total_memory:
        raise RecipeError(
            f"{recipe.name} needs {needed / GB:.0f} GB on each of {num_processes} GPUs, and a {card.name} has "
            f"{card.total_memory / GB:.0f} GB. Lower max_length; --dry-run shows the arithmetic and what "
            "else would fit."
        )


def need_machine(recipe: StudentRecipe, num_processes: int, estimate: Callable[[], fit.Estimate]) -> None:
    """Both of the above where the training will run on this machine, and what its settings cost. Asked first of all."""
    if num_nodes(recipe, num_processes) == 1:
        need_packages(recipe)
        need_gpus(recipe, num_processes, estimate)
    if not recipe.trl.get("use_cpu"):
        for note in fit.notes(recipe):
            say(note)


def refuse_hardware(
    recipe: StudentRecipe, num_processes: int, work: Path, estimate: Callable[[], fit.Estimate]
) -> None:
    """Raises RecipeError where the training, prepared by now, cannot be started from here."""
    nodes = num_nodes(recipe, num_processes)
    if nodes > 1 and not recipe.trl.get("use_cpu"):
        raise RecipeError(
            f"{num_processes} GPUs are {nodes} nodes. Everything is prepared; start every node with: "
            f"{sbatch_line(recipe, work, num_processes)}, then repeat this command."
        )
    need_gpus(recipe, num_processes, estimate)


def _asked(recipe: StudentRecipe) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Settings, and the packages of which each needs one."""
    trl = recipe.trl
    if layout_of(recipe).kind == "DEEPSPEED":
        yield f"distill.accelerate: {recipe.distill.accelerate}", ("deepspeed",)
    attention, arguments = str(trl.get("attn_implementation")), trl.get("model_init_kwargs")
    if "/" in attention:
        yield f"attn_implementation: {attention}", ("kernels",)
    elif attention in _FLASH:
        yield f"attn_implementation: {attention}", ("kernels", _FLASH[attention])
    if isinstance(arguments, dict) and arguments.get("use_kernels"):
        yield "model_init_kwargs: {use_kernels: true}", ("kernels",)
    if any(part in str(trl.get("optim")) for part in ("8bit", "4bit", "paged")):
        yield f"optim: {trl['optim']}", ("bitsandbytes",)
    for key, package in {"load_in_4bit": "bitsandbytes", "load_in_8bit": "bitsandbytes", "use_peft": "peft"}.items():
        if trl.get(key):
            yield f"{key}: true", (package,)
    reports = trl.get("report_to")
    for tracker in reports if isinstance(reports, list) else [reports]:
        if tracker in _TRACKERS:
            yield f"report_to: {tracker}", (str(tracker),)
