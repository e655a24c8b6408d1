"""A TRL YAML as it is in public, and what it is not: another program's file, another trainer's."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from distill.errors import InputError, RecipeError
from distill.recipe.loading import read_yaml
from distill.training.from_trl.line import Settings
from distill.training.settings.foreign import RENAMED
from distill.training.settings.known import known_defaults
from distill.training.settings.owned import Method

_OTHERS = {
    "an accelerate config: a layout, not a training": {"compute_environment", "distributed_type"},
    "a LLaMA-Factory file": {"stage", "cutoff_len", "finetuning_type"},
    "an axolotl file": {"base_model", "sequence_len", "micro_batch_size"},
    "a verl file": {"actor_rollout_ref", "algorithm", "trainer"},
    "a torchtune file": {"checkpointer", "tokenizer", "_component_"},
}
"""Programs with files of their own; two of its keys tell one."""
_GRPO = {"reward_funcs", "reward_weights", "num_generations", "max_completion_length", "num_iterations", "epsilon"}
_TRAINERS = {
    "KTO": {"desirable_weight", "undesirable_weight"},
    "a reward model": {"center_rewards_coefficient"},
    "GKD": {"teacher_model_name_or_path", "lmbda", "seq_kd"},
    "PPO": {"reward_model_path", "sft_model_path", "num_ppo_epochs"},
    "RLOO": {"rloo_k"},
    "DPO": {"precompute_ref_log_probs", "reference_free", "rpo_alpha", "ref_model_init_kwargs", "f_divergence_type"},
}
"""TRL trainers that distill does not have; one key tells one."""
_MAPPINGS = {"dataset_mixture", "dataset_mixer", "env"}
"""Keys that TRL's command or public scripts read, and that hold keys of their own."""
_SFT_LOSSES = {"nll", "dft", "chunked_nll"}

_MACHINE = re.compile(r"\b(GPUs?|nodes?|GBS|[ABH][12]00s?)\b", re.IGNORECASE)


class TrlFile(NamedTuple):
    """A file of TRL's keys."""

    path: Path
    head: str
    """Its first comment, where that names the machine or the batch; or nothing."""
    settings: Settings


def read(path: Path, method: Method) -> TrlFile:
    """Read a file of TRL's keys, for SFT or GRPO. Raises InputError and RecipeError where it is something else."""
    if not path.is_file():
        raise InputError(f"There is no file {path}. Name a YAML that `trl {method} --config` reads.")
    settings = read_yaml(path)
    _refuse_others(path, settings, method)
    _refuse_trainers(path, settings, method)
    return TrlFile(path, _head(path), settings)  # type: ignore[arg-type]


def _refuse_others(path: Path, settings: Mapping[str, object], method: Method) -> None:
    for name, marks in _OTHERS.items():
        found = [key for key in settings if key in marks]
        if len(found) > 1:
            raise RecipeError(f"{path} is not TRL's: {found[0]} and {found[1]} tell {name}. Copy its values by hand.")
    sections = [key for key, value in settings.items() if isinstance(value, dict) and key not in _MAPPINGS]
    if len(set(sections) - known_defaults(method).keys()) > 1:
        raise RecipeError(f"{path} is not TRL's: it has sections ({', '.join(sections[:3])}, …), and TRL's are flat.")
    if not (known_defaults(method).keys() | RENAMED.keys()) & settings.keys():
        raise RecipeError(f"{path} is not TRL's: TRL knows none of its keys ({', '.join([*settings][:3])}, …).")


def _refuse_trainers(path: Path, settings: Mapping[str, object], method: Method) -> None:
    is_grpo = bool(_GRPO & settings.keys())
    found = [name for name, marks in _TRAINERS.items() if marks & settings.keys()]
    if not is_grpo and ("beta" in settings or str(settings.get("loss_type", "nll")) not in _SFT_LOSSES):
        found.append("DPO, or a like trainer of preferences")
    if found:
        marks = [key for key in settings if key in _TRAINERS.get(found[0], set()) | {"beta", "loss_type"}]
        told = ", ".join(f"`{key}: {settings[key]}`" for key in marks)
        raise RecipeError(f"{path} is a recipe for {found[0]} ({told}); distill trains SFT and GRPO.")
    if is_grpo and method == "sft":
        raise RecipeError(f"{path} is a recipe for GRPO. Run: distill grpo --from-trl {path}")
    if not is_grpo and method == "grpo" and {"packing", "max_seq_length", "max_length"} & settings.keys():
        raise RecipeError(f"{path} is a recipe for SFT. Run: distill sft --from-trl {path}")


def _head(path: Path) -> str:
    first = path.read_text(encoding="utf-8").lstrip().partition("\n")[0]
    return first.lstrip("# ").strip() if first.startswith("#") and _MACHINE.search(first) else ""
