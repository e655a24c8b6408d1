"""Keys of other versions, other tools and other methods, and what stands for them here."""

from collections.abc import Mapping
from dataclasses import fields

from distill.training.settings.owned import Method

_KERNELS = "use `model_init_kwargs: {use_kernels: true}`"
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
    "use_liger_kernel": _KERNELS,
    "warmup_ratio": "use `warmup_steps` (a number below 1 is a share of all steps)",
}
"""Keys that TRL or transformers dropped or will drop, and what to write instead (TRL 1.16, transformers 5.23)."""

_ROWS = "name the rows on the command line"
_REWARDS = "set `distill.rewards`, names and weights"
_SHARED = {
    "base_model": "set `distill.base`",
    "benchmarks": "measure the model with `distill eval`",
    "bnb_4bit_compute_dtype": "use `dtype`",
    "bnb_4bit_use_double_quant": "use `use_bnb_nested_quant`",
    "cache_dir": "set the environment variable HF_HOME",
    "callbacks": "leave it out, `distill` brings its own",
    "dataset": _ROWS,
    "dataset_config": _ROWS,
    "dataset_configs": _ROWS,
    "dataset_name": _ROWS,
    "dataset_dir": _ROWS,
    "dataset_id_or_path": _ROWS,
    "dataset_mixer": f"{_ROWS}, each set by itself",
    "dataset_mixture": f"{_ROWS}, each set by itself",
    "dataset_prompt_column": "rows have a column `prompt`",
    "dataset_splits": _ROWS,
    "dataset_streaming": _ROWS,
    "dataset_train_split": _ROWS,
    "datasets": f"{_ROWS}, each set by itself",
    "enable_liger_kernel": _KERNELS,
    "env": "set environment variables before the command",
    "finetuning_type": "use `use_peft`",
    "flash_attn": "use `attn_implementation`",
    "ignore_bias_buffers": "leave it out, it is for models with buffers that are no numbers",
    "lora_rank": "use `lora_r`",
    "lora_target": "use `lora_target_modules`",
    "lr_scheduler": "use `lr_scheduler_type`",
    "micro_batch_size": "use `per_device_train_batch_size`",
    "model_name": "set `distill.base`",
    "num_epochs": "use `num_train_epochs`",
    "num_processes": "give --gpus",
    "preprocessing_num_workers": "rows are prepared by all cores",
    "streaming": _ROWS,
    "system_prompt": "let each row begin with a message of the role `system`",
    "template": "set `distill.template`",
    "tokenizer_name_or_path": "set `distill.base`",
    "token": "log in with: hf auth login",
    "use_liger": _KERNELS,
    "wandb_entity": "set the environment variable WANDB_ENTITY",
    "wandb_project": "set the environment variable WANDB_PROJECT",
    "wandb_run_group": "set the environment variable WANDB_RUN_GROUP",
} | dict.fromkeys(
    ("hub_model_revision", "overwrite_hub_revision", "private", "push_to_hub_model_id", "push_to_hub_revision"),
    "publish the finished model with `distill push`",
)

_LENGTH = "set distill.max_prompt_tokens and max_completion_length"
_EXAMINED = "measure the model with `distill eval`; the reward is logged at every step"
_EXAMINATION = ("dataset_eval_splits", "dataset_test_split", "test_split_size", "val_set_size", "val_size")
ELSEWHERE: Mapping[Method, Mapping[str, str]] = {
    "sft": _SHARED
    | dict.fromkeys(_EXAMINATION, "use `distill.held_out`")
    | {
        "cutoff_len": "use `max_length`",
        "max_prompt_length": "use `max_length`, for prompt and completion together",
        "reward_funcs": "rewards are of reinforcement learning, `distill grpo`",
        "sample_packing": "use `packing`",
        "sequence_len": "use `max_length`",
    },
    "grpo": _SHARED
    | dict.fromkeys((*_EXAMINATION, "evaluation_strategy"), _EXAMINED)
    | dict.fromkeys(("cutoff_len", "max_length", "max_seq_length", "sequence_len"), _LENGTH)
    | {
        "eos_token": "set `distill.eos`",
        "group_by_length": "leave it out, rollouts draw whole groups of prompts",
        "max_prompt_length": "set `distill.max_prompt_tokens`",
        "pad_token": "the prepared student has one",
        "reward_funcs": _REWARDS,
        "reward_model_path": _REWARDS,
        "use_liger_loss": "leave it out, TRL's own loss needs as little memory",
        "vllm_device": "leave it out, an engine shares the GPUs that train (`vllm_mode: colocate`) or is a server's",
        "vllm_max_model_len": "it follows from distill.max_prompt_tokens and max_completion_length",
        "wandb_log_unique_prompts": "use `log_unique_prompts`",
    },
}
"""Keys that open-r1, the alignment handbook, LLaMA-Factory and axolotl have beside TRL's, or that one trainer lacks."""


def methods_with(key: str) -> list[str]:
    """TRL's other trainers that know a key: `["DPO", "KTO"]`. Needs the extra `train`."""
    import trl

    names = sorted(name for name in dir(trl) if name.endswith("Config") and name != "ModelConfig")
    return [
        name.removesuffix("Config") for name in names if key in {field.name for field in fields(getattr(trl, name))}
    ]
