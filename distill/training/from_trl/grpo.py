"""What GRPO has beside SFT: rewards, rollouts, and lengths of prompts."""

from distill.training.from_trl.block import batch_of, number
from distill.training.from_trl.line import RecipeLine, Settings

_WEIGHTS = "not in the file; TRL's default multiplies weights over a whole completion"
_CHANGED = (
    ("beta", "beta: 0.0, no KL term, is TRL's default; before 0.19 it was 0.04."),
    ("vllm_mode", "vllm_mode: colocate, in the training's processes, is TRL's default; before 1.0 it was server."),
)
"""Defaults of TRL that a file may have been written for. Its history has them: commits 7359ddcc6 and c0eabc40c."""


def changed_defaults(settings: Settings) -> list[str]:
    """What a file may have meant by its silence."""
    asked = {"beta"} | ({"vllm_mode"} if settings.get("use_vllm") else set())
    return [text for key, text in _CHANGED if key in asked and key not in settings]


def prompt_lines(settings: Settings) -> list[RecipeLine]:
    """Of the block."""
    length = settings.get("max_prompt_length")
    return [RecipeLine("max_prompt_tokens", length, "from max_prompt_length")] if length else []


def rollout_lines(settings: Settings, num_gpus: int) -> list[RecipeLine]:
    """What is sampled at once where it is more than a step uses, its weights, and checkpoints between rollouts."""
    batch, rollout = batch_of(settings, num_gpus).rows, _rollout(settings, num_gpus)
    lines = []
    if settings.get("use_vllm") and "vllm_importance_sampling_mode" not in settings:
        lines.append(RecipeLine("vllm_importance_sampling_mode", "token_truncate", _WEIGHTS))
    if rollout != batch:
        lines.append(RecipeLine("generation_batch_size", rollout, f"{rollout // batch} steps of {batch} completions"))
    steps = rollout // batch * int(str(settings.get("num_iterations") or 1))
    if steps > 1 and settings.get("save_strategy", "steps") == "steps":
        kept = max(1, round(_save_steps(settings) / steps)) * steps
        origin = f"from save_steps {settings.get('save_steps', 500)}, at the end of a rollout of {steps} steps"
        lines.append(RecipeLine("save_steps", kept, origin))
    return lines


def _save_steps(settings: Settings) -> float:
    """Steps between checkpoints. A share of all steps has no number where only epochs are known: TRL's 500 then."""
    asked, last = float(str(settings.get("save_steps", 500))), int(str(settings.get("max_steps") or -1))
    return asked if asked >= 1 else asked * last if last > 0 else 500


def _rollout(settings: Settings, num_gpus: int) -> int:
    if size := settings.get("generation_batch_size"):
        return int(str(size))
    if steps := settings.get("steps_per_generation"):
        return number(settings, "per_device_train_batch_size") * int(str(steps)) * num_gpus
    return batch_of(settings, num_gpus).rows
