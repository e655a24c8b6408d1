"""A recipe for reinforcement learning: a student's base, TRL's GRPO keys, and what completions are rewarded for.

`distill.student` names a recipe under `recipes/students/`. Its `distill:` block and the keys that say how it fits its
machine stand in for what this recipe leaves out, so that one recipe serves every student.
"""

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import FiniteFloat, PositiveFloat, PositiveInt, field_validator

from distill.errors import RecipeError
from distill.recipe.loading import Tree, find_recipe, read_yaml, recipe_name, set_key, validated
from distill.recipe.sections import VerifySection
from distill.references import Record
from distill.training.machine.fit import tensor_parallel
from distill.training.recipe import KIND as STUDENTS
from distill.training.recipe import Rope, StudentBlock, StudentRecipe, check_layout, integer
from distill.training.settings.keys import check_keys, spelled

REWARDS = ("accuracy", "format", "language", "length", "overlong")
"""Those of `distill.training.grpo.rewards`; any other is `module:function`."""

MACHINE_KEYS = (
    "dtype bf16 use_cpu optim activation_checkpointing activation_checkpointing_kwargs per_device_train_batch_size"
).split()
"""Keys that a student's recipe has for its size, and that hold for any training of it."""

COLOCATED = ("vllm_enable_sleep_mode vllm_gpu_memory_utilization vllm_model_impl vllm_tensor_parallel_size").split()
"""Keys of an engine in the training processes; a server is started with its own (TRL 1.16, `VLLMGeneration`)."""


class GrpoBlock(StudentBlock):
    """The `distill:` block. `batch` counts completions a step; `rope` changes the student's own, where it has one."""

    student: str
    """A name under `recipes/students/`, or the path of such a recipe."""
    rewards: dict[str, FiniteFloat]
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
    student = recipe_name(checked.student)
    name = path.stem if path.stem == student else f"{path.stem}-{student}"
    found = validated(GrpoRecipe, {"name": name, "trl": tree, "distill": checked}, str(path))
    _check(found)
    check_layout(found)
    return _with_engine(found)


def _merged(tree: Tree, path: Path, overrides: Sequence[str]) -> Tree:
    """The recipe over its student's; overrides last."""
    asked = copy.deepcopy(tree)
    for override in overrides:
        set_key(asked, override)
    block, own = asked.get("distill"), tree.get("distill")
    if not isinstance(block, dict) or not isinstance(own, dict) or not isinstance(block.get("student"), str):
        raise RecipeError(f"{path} names no student. Add --student NAME, or `distill: {{student: qwen-7b}}`.")
    student = read_yaml(find_recipe(block["student"], STUDENTS))
    given = student.get("distill")
    if not isinstance(given, dict):
        raise RecipeError(f"The student {block['student']} has no `distill:` block, so it names no base.")
    machine = {key: student[key] for key in MACHINE_KEYS if key in student}
    merged = machine | tree | {"distill": given | own | _rope(given, own)}
    for override in overrides:
        set_key(merged, override)
    return merged


def _rope(given: Tree, own: Tree) -> Tree:
    """The student's RoPE with what the recipe has otherwise; part of one alone is for students that have one."""
    theirs, ours = given.get("rope"), own.get("rope")
    if not isinstance(ours, dict):
        return {}
    if isinstance(theirs, dict):
        return {"rope": theirs | ours}
    return {"rope": ours if set(Rope.model_fields) <= ours.keys() else None}


def _with_engine(recipe: GrpoRecipe) -> GrpoRecipe:
    """VLLM's settings as they follow from the student: none on a CPU, else enough GPUs for one copy of its weights.

    A server has its own, so that those for an engine in the training processes are left out.
    """
    trl = recipe.trl
    if trl.get("use_cpu"):
        trl = {key: value for key, value in trl.items() if "vllm" not in key}
    elif trl.get("vllm_mode") == "server":
        trl = {key: value for key, value in trl.items() if key not in COLOCATED}
    elif trl.get("use_vllm") and "vllm_tensor_parallel_size" not in trl:
        share = float(str(trl.get("vllm_gpu_memory_utilization", 0.3)))
        trl = trl | {"vllm_tensor_parallel_size": tensor_parallel(recipe.distill.shape, share)}
    return recipe.model_copy(update={"trl": trl})


def _check(recipe: GrpoRecipe) -> None:
    """Refuse settings that contradict each other."""
    block, trl = recipe.distill, recipe.trl
    _refuse_sft(recipe)
    _refuse_raw(recipe)
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
    if trl.get("sync_ref_model") and trl.get("use_peft"):
        raise RecipeError(
            f"{recipe.name}: with an adapter the reference is the base itself, which cannot move. Set "
            "sync_ref_model=false, or use_peft=false."
        )
    if trl.get("sync_ref_model") and block.accelerate == "zero3":
        raise RecipeError(
            f"{recipe.name}: under ZeRO-3 a reference that moves cannot be kept in checkpoints. Set "
            "distill.accelerate=fsdp2, or sync_ref_model=false."
        )


def _refuse_sft(recipe: GrpoRecipe) -> None:
    """Refuse what a student's block may say for supervised training only."""
    block = recipe.distill
    if block.batch.unit != "examples":
        raise RecipeError(f"{recipe.name}: a step's size is in completions; set distill.batch.unit=examples.")
    if block.sequence_parallel > 1:
        raise RecipeError(f"{recipe.name}: TRL's GRPO cannot share a row over GPUs; set distill.sequence_parallel=1.")
    if block.held_out is not None or block.trained_turns != "last":
        raise RecipeError(
            f"{recipe.name}: `distill.held_out` and `distill.trained_turns` are of `distill sft`. The reward is "
            "logged at every step; measure the model with `distill eval`, and leave them out."
        )


def _refuse_raw(recipe: GrpoRecipe) -> None:
    """Refuse a base whose tokens for reasoning nobody has trained: no answer would be closed, and no reward earned."""
    block = recipe.distill
    student = read_yaml(find_recipe(block.student, STUDENTS))["distill"]
    is_raw = isinstance(student, dict) and block.base == student.get("base")
    if is_raw and block.tokens and block.template not in {"base", "r1-zero"}:
        raise RecipeError(
            f"{recipe.name}: {block.base} has never seen {' '.join(block.tokens.values())}, which the template "
            f"{block.template} writes before an answer or awaits in it, so nothing could be rewarded. Set "
            f"distill.base=DIR, a student that was trained on them (distill sft --recipe {block.student} makes one; "
            "distill.tokens={} where the recipe's own base is one), or reinforce the raw base with --recipe r1-zero."
        )


def check_groups(recipe: GrpoRecipe, num_processes: int) -> None:
    """Refuse a layout in which the reward for length would see parts of groups, since each process scores its own."""
    if recipe.distill.rewards.get("length") and recipe.rollout // num_processes % recipe.group_size:
        raise RecipeError(
            f"{recipe.name}: the reward `length` compares the {recipe.group_size} completions of a prompt, but a "
            f"rollout of {recipe.rollout} over {num_processes} processes splits them. Change generation_batch_size, "
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
