"""A recipe for reinforcement learning: a student's base, TRL's GRPO keys, and what completions are rewarded for.

`distill.student` names a recipe under `recipes/students/`. Its `distill:` block and the keys that say how it fits its
machine stand in for what this recipe leaves out, so that one recipe serves every student.
"""

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import PositiveFloat, PositiveInt, field_validator

from distill.errors import RecipeError
from distill.recipe.loading import Tree, find_recipe, read_yaml, recipe_name, set_key, validated
from distill.recipe.sections import VerifySection
from distill.references import Record
from distill.training.machine.fit import tensor_parallel
from distill.training.recipe import KIND as STUDENTS
from distill.training.recipe import StudentBlock, StudentRecipe, integer
from distill.training.settings.keys import check_keys, spelled
from distill.training.settings.layout import check_layout

REWARDS = ("accuracy", "format", "language", "length", "overlong")
"""Those of `distill.training.grpo.rewards`; any other is `module:function`."""

MACHINE_KEYS = (
    "dtype bf16 use_cpu optim activation_checkpointing activation_checkpointing_kwargs per_device_train_batch_size"
).split()
"""Keys that a student's recipe has for its size, and that hold for any training of it."""


class GrpoBlock(StudentBlock):
    """The `distill:` block. `batch` counts completions a step."""

    student: str | None = None
    """A name under `recipes/students/`, or the path of such a recipe; None where the block says everything itself."""
    rewards: dict[str, float]
    """What completions are rewarded for, with weights; the sum is a completion's reward."""
    unit_tests: Literal["all", "share"] = "all"
    """What a program earns as accuracy: 1 if it passes all tests, or the share that it passes."""
    max_prompt_tokens: PositiveInt = 2048
    """Longer prompts are set aside, never cut. 2,048 is DAPO's (arXiv 2503.14476, section 4.1)."""
    overlong_buffer: PositiveInt = 4096
    """The last tokens before the limit, in which `overlong` falls; 4,096 is DAPO's."""
    reward_timeout_s: PositiveFloat = 900.0
    """After this long a reward counts as missing. Verifiers have deadlines of their own; this is the last resort."""

    @field_validator("rewards")
    @classmethod
    def _are_known(cls, rewards: dict[str, float]) -> dict[str, float]:
        unknown = [name for name in rewards if name not in REWARDS and ":" not in name]
        if unknown:
            raise ValueError(f"there is no reward {unknown[0]!r}; known are {', '.join(REWARDS)} and module:function")
        if len({name.rpartition(":")[2] for name in rewards}) < len(rewards):
            raise ValueError("two rewards have one name, by which they would be logged")
        if not any(rewards.values()):
            raise ValueError("no reward has a weight, so nothing would be learnt")
        return rewards


class GrpoRecipe(StudentRecipe):
    """A recipe as read: its name, the block, and TRL's keys."""

    distill: GrpoBlock

    @property
    def max_length(self) -> int:
        """Longest prompt and completion together, in tokens."""
        return self.distill.max_prompt_tokens + self.max_completion_length

    @property
    def max_completion_length(self) -> int:
        """Tokens after which a completion is cut off."""
        return integer(self, "max_completion_length")

    @property
    def group_size(self) -> int:
        """Completions of one prompt."""
        return integer(self, "num_generations")

    @property
    def rollout(self) -> int:
        """Completions that are sampled at once, with the same weights."""
        return integer(self, "generation_batch_size") if "generation_batch_size" in self.trl else self.batch_size

    @property
    def batch_size(self) -> int:
        """Completions in one optimizer step."""
        return self.distill.batch.size

    @property
    def steps_per_rollout(self) -> int:
        """Optimizer steps that one rollout is used for."""
        return self.rollout // self.batch_size * int(str(self.trl.get("num_iterations", 1)))


def load(recipe: str | Path, overrides: Sequence[str] = ()) -> GrpoRecipe:
    """Read a recipe under `recipes/grpo/` by name, or any by path, with `key=value` overrides applied.

    `distill.student=NAME` puts it on another student; on one that trains on a CPU, vLLM is left out. Raises RecipeError
    where the recipe is not found, a key is unknown or renamed, or settings contradict each other.
    """
    path = find_recipe(str(recipe), "grpo")
    tree = _merged(read_yaml(path), path, overrides)
    block, tree = tree.pop("distill"), spelled(tree)
    assert isinstance(block, dict)
    check_keys(tree, path.name, "grpo")
    checked = validated(GrpoBlock, block, f"{path}: distill")
    student = recipe_name(checked.student) if checked.student else path.stem
    name = path.stem if path.stem == student else f"{path.stem}-{student}"
    found = validated(GrpoRecipe, {"name": name, "trl": tree, "distill": checked}, str(path))
    check_layout(found)
    _check(found)
    return _with_engine(found)


def _merged(tree: Tree, path: Path, overrides: Sequence[str]) -> Tree:
    """The recipe over its student's; overrides last."""
    asked = copy.deepcopy(tree)
    for override in overrides:
        set_key(asked, override)
    block, own = asked.get("distill"), tree.get("distill")
    if isinstance(block, dict) and "base" in block and "student" not in block:
        return asked
    if not isinstance(block, dict) or not isinstance(own, dict) or not isinstance(block.get("student"), str):
        raise RecipeError(f"{path} names no student. Add --student NAME, or `distill: {{student: qwen-7b}}`.")
    student = read_yaml(find_recipe(block["student"], STUDENTS))
    given = student.get("distill")
    if not isinstance(given, dict):
        raise RecipeError(f"The student {block['student']} has no `distill:` block, so it names no base.")
    machine = {key: student[key] for key in MACHINE_KEYS if key in student}
    merged = machine | tree | {"distill": given | own}
    for override in overrides:
        set_key(merged, override)
    return merged


def _with_engine(recipe: GrpoRecipe) -> GrpoRecipe:
    """VLLM's settings as they follow from the student: none on a CPU, else enough GPUs for one copy of its weights."""
    if recipe.trl.get("use_cpu"):
        kept = {key: value for key, value in recipe.trl.items() if "vllm" not in key}
        return recipe.model_copy(update={"trl": kept})
    if not recipe.trl.get("use_vllm"):
        return recipe
    ours = {"vllm_max_model_length": recipe.max_length}
    if recipe.trl.get("vllm_mode", "colocate") == "colocate" and "vllm_tensor_parallel_size" not in recipe.trl:
        ours["vllm_tensor_parallel_size"] = tensor_parallel(
            recipe.distill.shape, float(str(recipe.trl.get("vllm_gpu_memory_utilization", 0.3)))
        )
    return recipe.model_copy(update={"trl": recipe.trl | ours})


def _check(recipe: GrpoRecipe) -> None:
    """Refuse settings that contradict each other."""
    block, trl = recipe.distill, recipe.trl
    if block.batch.unit != "examples":
        raise RecipeError(f"{recipe.name}: a step's size is in completions; set distill.batch.unit=examples.")
    if block.sequence_parallel > 1:
        raise RecipeError(f"{recipe.name}: TRL's GRPO cannot share a row over GPUs; set distill.sequence_parallel=1.")
    if recipe.rollout % recipe.batch_size or recipe.rollout % recipe.group_size:
        raise RecipeError(
            f"{recipe.name}: a rollout of {recipe.rollout} completions does not divide into steps of "
            f"{recipe.batch_size} and groups of {recipe.group_size}. Change generation_batch_size, distill.batch.size "
            "or num_generations."
        )
    is_saving = trl.get("save_strategy", "steps") == "steps" and recipe.steps_per_rollout > 1
    if is_saving and integer(recipe, "save_steps") % recipe.steps_per_rollout:
        raise RecipeError(
            f"{recipe.name}: checkpoints every {trl['save_steps']} steps would fall into the middle of a rollout, "
            f"which serves {recipe.steps_per_rollout}. Set save_steps to a multiple of {recipe.steps_per_rollout}."
        )
    if trl.get("sync_ref_model") and block.accelerate == "zero3":
        raise RecipeError(
            f"{recipe.name}: under ZeRO-3 a reference that moves cannot be kept in checkpoints. Set "
            "distill.accelerate=fsdp2, or sync_ref_model=false."
        )


def check_groups(recipe: GrpoRecipe, num_processes: int) -> None:
    """Refuse a layout in which rewards that look at whole groups would see parts, since each process scores its own."""
    comparing = [
        name for name, weight in recipe.distill.rewards.items() if weight and (name == "length" or ":" in name)
    ]
    if comparing and recipe.rollout // num_processes % recipe.group_size:
        raise RecipeError(
            f"{recipe.name}: the reward `{comparing[0]}` looks at all {recipe.group_size} completions of a prompt, but "
            f"a rollout of {recipe.rollout} over {num_processes} processes splits them. Change generation_batch_size, "
            "num_generations or --gpus."
        )


class Settings(Record):
    """What the worker needs beside TRL's keys; WORK/rewards.json holds it."""

    block: GrpoBlock
    verify: VerifySection
    max_completion_length: PositiveInt
    eos_token_id: int
    is_prefilled: bool
    """Whether the student's template ends a prompt in `<think>`."""
