"""Which keys TRL knows, read from its source without importing it.

Importing TRL imports torch, which a dry run on a login node neither needs nor may have.
"""

import ast
import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from distill.errors import RecipeError

Method = Literal["sft", "grpo"]
"""Which of TRL's trainers reads the keys."""

RENAMED = {
    "chat_template": "use `distill.template`",
    "evaluation_strategy": "use `eval_strategy`",
    "gradient_checkpointing": "use `activation_checkpointing`",
    "gradient_checkpointing_kwargs": "use `activation_checkpointing_kwargs`",
    "group_by_length": "use `train_sampling_strategy: group_by_length`",
    "logging_dir": "use the environment variable TENSORBOARD_LOGGING_DIR",
    "max_seq_length": "use `max_length`",
    "no_cuda": "use `use_cpu`",
    "overwrite_output_dir": "leave it out, a finished training is never written over",
    "tokenizer": "use `distill.base`",
    "torch_dtype": "use `dtype`",
    "use_liger_kernel": "use `model_init_kwargs: {use_kernels: true}`",
    "warmup_ratio": "use `warmup_steps` (a number below 1 is a share of all steps)",
}
"""Keys that TRL or transformers dropped or will drop, and what to write instead (TRL 1.16, transformers 5.23)."""

_SHARED = {
    "dataset_name": "name the file on the command line",
    "datasets": "name the file on the command line",
    "eos_token": "set `distill.template`",
    "gradient_accumulation_steps": "it follows from `distill.batch` and the number of GPUs",
    "model_name_or_path": "set `distill.base`",
    "output_dir": "give --out",
    "pad_token": "the prepared student has one",
    "resume_from_checkpoint": "run the same command again to resume",
}
_LOSS = "the loss always covers the completion and nothing else"
OWNED: dict[Method, dict[str, str]] = {
    "sft": _SHARED
    | {
        "assistant_only_loss": _LOSS,
        "chat_template_path": "set `distill.template`",
        "completion_only_loss": _LOSS,
        "dataset_kwargs": "rows are prepared before training",
        "dataset_text_field": "rows are `prompt` and `completion`",
        "padding_free": "it follows from `packing`",
    },
    "grpo": _SHARED
    | {
        "logging_steps": "every step is logged, for the reward curve",
        "remove_unused_columns": "rewards need the whole row",
        "reward_weights": "set `distill.rewards`, names and weights",
        "steps_per_generation": "set `generation_batch_size`, the completions of one rollout",
        "vllm_max_model_length": "it follows from distill.max_prompt_tokens and max_completion_length",
    },
}
"""TRL keys that `distill` sets itself, and what to do instead."""

_SOURCES: dict[Method, dict[str, dict[str, str]]] = {
    method: {
        "transformers": {"training_args.py": "TrainingArguments"},
        "trl": {"trainer/base_config.py": "_BaseConfig", f"trainer/{method}_config.py": f"{method.upper()}Config"}
        | {"trainer/model_config.py": "ModelConfig", "scripts/utils.py": "ScriptArguments"},
    }
    for method in ("sft", "grpo")
}


def check_keys(keys: Iterable[str], where: str, method: Method = "sft") -> None:
    """Refuse keys that TRL does not know, names that it dropped, and those that `distill` sets.

    Without TRL installed only the last two are found.
    """
    known, owned = known_keys(method), OWNED[method]
    for key in keys:
        if key in RENAMED:
            raise RecipeError(f"{where}: `{key}` is out of date: {RENAMED[key]}.")
        if key in owned:
            raise RecipeError(f"{where}: `{key}` cannot be set here: {owned[key]}.")
        if known and key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            raise RecipeError(f"{where}: TRL knows no key `{key}`.{hint}")


def is_installed() -> bool:
    """Whether the extra `train` is, without importing it."""
    return all(find_spec(name) for name in ("torch", "transformers", "trl"))


def spelled(tree: Mapping[str, object]) -> dict[str, object]:
    """`save_strategy: no` as TRL reads it: a word, which YAML 1.1 takes for false."""
    return {key: "no" if key.endswith("_strategy") and value is False else value for key, value in tree.items()}


@cache
def known_keys(method: Method = "sft") -> frozenset[str]:
    """Every key of TRL's parser in the installed version; empty where TRL is not installed."""
    return frozenset(field for package, files in _SOURCES[method].items() for field in _fields(package, files))


def _fields(package: str, files: dict[str, str]) -> Iterable[str]:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return
    for file, name in files.items():
        tree = ast.parse((Path(spec.origin).parent / file).read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.name == name:
                yield from (ast.unparse(s.target) for s in node.body if isinstance(s, ast.AnnAssign))
