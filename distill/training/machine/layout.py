"""How the processes of a training share one model: what an accelerate config asks for, and whether it can be had."""

from pathlib import Path
from typing import NamedTuple

from distill.errors import RecipeError
from distill.recipe.loading import Tree, read_yaml, recipes_folder
from distill.training.recipe import StudentRecipe

ON_CPU = "`use_cpu: true` trains under `distill.accelerate: cpu` (copies) or `fsdp2` (shards, from two processes on)"
_SHARING = [f"parallelism_config_{kind}_size" for kind in ("cp", "sp", "tp")]


class Layout(NamedTuple):
    """What an accelerate config says of the processes."""

    kind: str
    """accelerate's `distributed_type`: NO, MULTI_GPU, FSDP or DEEPSPEED."""
    fsdp_version: int
    state_dict_type: str
    """Of FSDP: whether a checkpoint is a file for each process or one of all."""
    shared_by: tuple[str, ...] = ()
    """Of `parallelism_config`: sizes by which several processes share one row, in a config of one's own."""

    def form_of_checkpoints(self, num_processes: int) -> str:
        """What a checkpoint looks like; a training can be resumed only under a layout that writes the same.

        DeepSpeed's belong to their number of processes; FSDP2's shards are dealt anew to any number.
        """
        if self.kind == "DEEPSPEED":
            return f"DeepSpeed, {num_processes} processes"
        return f"FSDP{self.fsdp_version}, {self.state_dict_type}" if self.kind == "FSDP" else "whole"


def accelerate_config(name: str) -> Path:
    """A shipped accelerate config by name, or any by path."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else recipes_folder() / "accelerate" / f"{name}.yaml"
    if not path.is_file():
        names = ", ".join(sorted(file.stem for file in (recipes_folder() / "accelerate").glob("*.yaml")))
        raise RecipeError(f"There is no accelerate config {name}. Set distill.accelerate to one of {names}, or a path.")
    return path


def layout_of(recipe: StudentRecipe) -> Layout:
    """The layout that a recipe names."""
    tree = read_yaml(accelerate_config(recipe.distill.accelerate))
    fsdp = _section(tree, "fsdp_config")
    return Layout(
        str(tree.get("distributed_type", "NO")),
        int(str(fsdp.get("fsdp_version", 1))),
        str(fsdp.get("fsdp_state_dict_type", "SHARDED_STATE_DICT")),
        tuple(key for key, size in _section(tree, "parallelism_config").items() if key in _SHARING and size != 1),
    )


def _section(tree: Tree, name: str) -> dict[str, object]:
    section = tree.get(name)
    return section if isinstance(section, dict) else {}


def num_nodes(recipe: StudentRecipe, num_processes: int) -> int:
    """Machines of `distill.gpus_per_node` GPUs that are needed."""
    return max(1, -(-num_processes // recipe.distill.gpus_per_node))


def check_processes(recipe: StudentRecipe, num_processes: int) -> None:
    """Raises RecipeError where accelerate would start something else than the recipe's layout, or fail hours later."""
    name, layout, nodes = recipe.distill.accelerate, layout_of(recipe), num_nodes(recipe, num_processes)
    if recipe.trl.get("use_cpu"):
        _check_cpu(recipe, layout, num_processes)
    elif name == "cpu":
        raise RecipeError(
            f"{recipe.name}: `distill.accelerate: cpu` needs use_cpu=true. On one GPU set distill.accelerate=single, "
            "on several fsdp2."
        )
    elif layout.kind == "NO" and num_processes > 1:
        raise RecipeError(
            f"{recipe.name}: `distill.accelerate: {name}` starts one process, and {num_processes} GPUs are asked for: "
            "the others would idle and a step would see fewer rows. Set distill.accelerate=fsdp2, or --gpus 1."
        )
    if layout.shared_by:
        raise RecipeError(
            f"{recipe.name}: {name} has `{layout.shared_by[0]}` above 1, so several GPUs would share a row and a step "
            "would see fewer rows than the recipe says. Set it to 1; for long rows use distill.accelerate=sp "
            "distill.sequence_parallel=N."
        )
    if num_processes % nodes:
        raise RecipeError(
            f"{num_processes} GPUs do not divide over {nodes} nodes of at most {recipe.distill.gpus_per_node}, since "
            "every node starts as many processes. Change --gpus or distill.gpus_per_node."
        )


def _check_cpu(recipe: StudentRecipe, layout: Layout, num_processes: int) -> None:
    """Accelerate would fall back to one process, or to a copy of the model on each, without a word."""
    name = recipe.distill.accelerate
    if layout.kind == "DEEPSPEED" or (layout.kind == "FSDP" and layout.fsdp_version != 2):
        raise RecipeError(f"{recipe.name}: `distill.accelerate: {name}` needs GPUs. {ON_CPU}.")
    if layout.kind == "FSDP" and num_processes == 1:
        raise RecipeError(
            f"{recipe.name}: on one CPU process there is nothing to shard `distill.accelerate: {name}` over. Add "
            "--gpus 2, or set distill.accelerate=cpu."
        )
    if layout.kind == "NO" and num_processes > 1 and name != "cpu":
        raise RecipeError(
            f"{recipe.name}: `distill.accelerate: {name}` starts one process, and {num_processes} are asked for. "
            f"{ON_CPU}."
        )
