"""TRL's keys that cannot be set in a recipe: `distill` sets them itself, or they would have no effect here.

Each has the reason, or what to write instead. Every other key of TRL's configs takes effect, or does so under a
condition that `distill.training.settings.effects` knows; a test walks all of them.
"""

from collections.abc import Mapping
from typing import Literal

Method = Literal["sft", "grpo"]
"""Which of TRL's trainers reads the keys."""


def _all(keys: str, reason: str) -> dict[str, str]:
    return dict.fromkeys(keys.split(), reason)


_SHARED = {
    "auto_find_batch_size": "a step's batch is what `distill.batch` says",
    "disable_tqdm": "the command shows the progress",
    "enable_jit_checkpoint": "its checkpoints would not be sealed; set `save_steps`",
    "gradient_accumulation_steps": "it follows from `distill.batch` and the number of GPUs",
    "ignore_data_skip": "a resumed training goes on with the rows that it has not seen",
    "liger_kernel_config": "use `model_init_kwargs: {use_kernels: true}`",
    "local_rank": "the launcher sets it",
    "logging_nan_inf_filter": "a loss that is no number ends the training",
    "lora_task_type": "a student predicts tokens",
    "model_name_or_path": "set `distill.base`",
    "model_revision": "set `distill.revision`",
    "output_dir": "give --out",
    "resume_from_checkpoint": "run the same command again to resume",
    "router_aux_loss_coef": "students are dense, without a router",
    "save_on_each_node": "all nodes share the work folder",
    "save_only_model": "a checkpoint without its optimizer could not be resumed from",
    "trust_remote_code": "students are Llama- or Qwen2-like, whose code is transformers' own",
} | {
    **_all(
        "accelerator_config deepspeed fsdp fsdp_config parallelism_config", "set the layout in `distill.accelerate`"
    ),
    **_all("do_eval do_predict do_train", "the command says what is done"),
    **_all(
        "hub_always_push hub_model_id hub_private_repo hub_revision hub_strategy hub_token push_to_hub",
        "publish the finished model with `distill push`",
    ),
    **_all(
        "batch_eval_metrics eval_accumulation_steps eval_do_concat_batches eval_use_gather_object include_for_metrics "
        "label_names prediction_loss_only",
        "an examination gives the loss and verified answers, and computes no metrics of its outputs",
    ),
}

_LOSS = "the loss covers what the assistant says and nothing else; see `distill.trained_turns`"
_PROMPTS = "it has no effect on reinforcement learning, whose rollouts draw whole groups of prompts by `seed`"

OWNED: Mapping[Method, Mapping[str, str]] = {
    "sft": _SHARED
    | {
        "assistant_only_loss": _LOSS,
        "chat_template_path": "set `distill.template`",
        "completion_only_loss": _LOSS,
        "dataset_kwargs": "rows are prepared before training",
        "dataset_num_proc": "rows are prepared by all cores",
        "dataset_text_field": "rows are `prompt` and `completion`",
        "eos_token": "set `distill.eos`",
        "eval_packing": "rows held out are never packed",
        "length_column_name": "the prepared rows have their lengths",
        "pad_token": "the prepared student has one",
        "padding_free": "it follows from `packing`",
        "remove_unused_columns": "the prepared rows have no others",
        "shuffle_dataset": "rows are shuffled each epoch; `train_sampling_strategy: sequential` keeps their order",
        "truncation_mode": "rows longer than `max_length` are dropped, never cut",
    },
    "grpo": _SHARED
    | {
        "average_tokens_across_devices": "set `loss_type`, which says over what the loss is a mean",
        "chat_template_kwargs": "prompts are rendered as inference does",
        "label_smoothing_factor": "it has no effect on the loss of reinforcement learning",
        "log_multimodal": "students read text",
        "logging_steps": "every step is logged, for the reward curve",
        "max_tool_calling_iterations": "students are trained without tools",
        "remove_unused_columns": "rewards need the whole row",
        "reward_weights": "set `distill.rewards`, names and weights",
        "steps_per_generation": "set `generation_batch_size`, the completions of one rollout",
        "use_transformers_paged": "use `use_transformers_continuous_batching`",
        "vllm_importance_sampling_cap": "use `vllm_importance_sampling_clip_max`",
        "vllm_max_model_length": "it follows from distill.max_prompt_tokens and max_completion_length",
    }
    | _all("data_seed length_column_name train_sampling_strategy", _PROMPTS)
    | _all(
        "bf16_full_eval eval_delay eval_on_start eval_steps eval_strategy fp16_full_eval greater_is_better "
        "load_best_model_at_end metric_for_best_model num_generations_eval per_device_eval_batch_size",
        "reinforcement learning logs its reward at every step; measure the model with `distill eval`",
    ),
}
"""Keys, with what to do instead."""
