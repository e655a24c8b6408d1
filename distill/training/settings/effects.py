"""Keys that take effect under a condition only, and are refused where it does not hold.

A detail of something that is off is refused where nothing says that it is off: `lora_r: 16` alone, which would train
all weights, but not beside `use_peft: false`, which is what an override of a recipe leaves. A detail of another choice
(`sapo_temperature_pos` under `loss_type: dapo`) is refused in any case. A key with TRL's own default says nothing.
"""

import json
from collections.abc import Collection, Mapping
from typing import NamedTuple

Settings = Mapping[str, object]


class Condition(NamedTuple):
    """Keys that need another one."""

    keys: tuple[str, ...]
    needed: str
    values: tuple[object, ...] = ()
    """Values of it under which they take effect; empty for a switch, which any value but off turns on."""


_LORA = (
    "lora_alpha lora_dropout lora_modules_to_save lora_r lora_target_modules lora_target_parameters use_dora use_rslora"
)
_EXAMINED = "bf16_full_eval eval_delay eval_on_start eval_steps fp16_full_eval load_best_model_at_end"
_SERVER = "vllm_group_port vllm_server_base_url vllm_server_host vllm_server_port vllm_server_timeout"
_CORRECTION = "vllm_importance_sampling_clip_max vllm_importance_sampling_clip_min vllm_importance_sampling_mode"
_CLIPPED = ("dapo", "grpo", "dr_grpo", "bnpo", "luspo")
"""GRPO's losses that clip on both sides (TRL 1.16, `GRPOTrainer._compute_loss`)."""
_LOW_RANK = tuple(
    f"{family}_{rest}"
    for family in ("galore", "apollo")
    for rest in ("adamw", "adamw_8bit", "adafactor", "adamw_layerwise", "adamw_8bit_layerwise", "adafactor_layerwise")
)

_ON = {"beta": "0.001", "dataloader_num_workers": "4", "eval_strategy": "steps"}
"""Values that turn on what is no yes or no."""

CONDITIONS = tuple(
    Condition(tuple(keys.split()), needed, values)
    for keys, needed, values in (
        (_LORA, "use_peft", ()),
        ("load_in_4bit load_in_8bit", "use_peft", ()),
        ("bnb_4bit_quant_storage bnb_4bit_quant_type use_bnb_nested_quant", "load_in_4bit", ()),
        ("activation_checkpointing_kwargs", "activation_checkpointing", ()),
        ("packing_strategy", "packing", ()),
        (f"{_EXAMINED} per_device_eval_batch_size", "eval_strategy", ()),
        ("greater_is_better metric_for_best_model", "load_best_model_at_end", ()),
        ("optim_target_modules", "optim", _LOW_RANK),
        ("dataloader_multiprocessing_context", "dataloader_num_workers", ()),
        ("dataloader_persistent_workers dataloader_prefetch_factor", "dataloader_num_workers", ()),
        ("trackio_bucket_id trackio_space_id trackio_static_space_id", "report_to", ("trackio", "all")),
        ("ref_model_mixup_alpha ref_model_sync_steps", "sync_ref_model", ()),
        ("sync_ref_model use_bias_correction_kl", "beta", ()),
        ("delta epsilon", "loss_type", _CLIPPED),
        ("epsilon_high", "loss_type", (*_CLIPPED, "cispo")),
        ("sapo_temperature_neg sapo_temperature_pos", "loss_type", ("sapo",)),
        ("vespo_k_neg vespo_k_pos vespo_lambda_neg vespo_lambda_pos", "loss_type", ("vespo",)),
        ("entropy_coef_delta entropy_coef_max entropy_coef_min entropy_target", "use_adaptive_entropy", ()),
        ("log_completions_hub_repo log_unique_prompts num_completions_to_print", "log_completions", ()),
        ("transformers_continuous_batching_config", "use_transformers_continuous_batching", ()),
        ("cache_implementation use_transformers_continuous_batching", "use_vllm", (False, None)),
        (f"vllm_importance_sampling_correction {_CORRECTION} vllm_mode", "use_vllm", ()),
        (f"{_SERVER} vllm_structured_outputs_regex", "use_vllm", ()),
        ("vllm_enable_sleep_mode vllm_gpu_memory_utilization vllm_model_impl", "use_vllm", ()),
        ("vllm_tensor_parallel_size", "use_vllm", ()),
        (_CORRECTION, "vllm_importance_sampling_correction", ()),
        (_SERVER, "vllm_mode", ("server",)),
    )
)


def without_effect(settings: Settings, defaults: Settings, choices: Mapping[str, Collection[object]]) -> dict[str, str]:
    """Keys of `settings` that change nothing, with the reason as the rest of a sentence.

    `defaults` are TRL's own, of every key that its trainer reads. A value that is none of `choices` is another mistake.
    """
    found = {}
    for condition in CONDITIONS:
        if (given := settings.get(condition.needed)) is not None and given not in choices.get(
            condition.needed, [given]
        ):
            continue
        for key in set(condition.keys) & settings.keys() & defaults.keys():
            if settings[key] != defaults[key] and not _holds(condition, settings, defaults):
                found[key] = _reason(key, condition, settings, defaults)
    return found


def _holds(condition: Condition, settings: Settings, defaults: Settings) -> bool:
    value = settings.get(condition.needed, defaults[condition.needed])
    if condition.values:
        given = value if isinstance(value, list) else [value]
        return any(one in condition.values for one in given)
    return condition.needed in settings or is_on(value)


def is_on(value: object) -> bool:
    """Whether a value turns something on. None leaves it to TRL, which then has it on (`activation_checkpointing`)."""
    return value is None or (bool(value) and value != "no")


def _reason(key: str, condition: Condition, settings: Settings, defaults: Settings) -> str:
    needed, default = condition.needed, json.dumps(defaults[key])
    if condition.values:
        value = settings.get(needed, defaults[needed])
        value, wanted = (one if isinstance(one, str) else json.dumps(one) for one in (value, condition.values[0]))
        rest = f"Set {needed}={wanted}, leave it out, or write {default}, its default"
        return f"has no effect with `{needed}: {value}`. {rest}"
    wanted = _ON.get(needed, "true")
    return f"has no effect without `{needed}`. Set {needed}={wanted}, or leave it out"
