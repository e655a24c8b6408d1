"""TRL YAML files of our own writing, with the kinds of keys that public ones have."""

from pathlib import Path

import yaml

TEMPLATE = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{{ eos_token }}{% endfor %}"
COMMON: dict[str, object] = {
    "model_revision": "main",
    "torch_dtype": "bfloat16",
    "attn_implementation": "flash_attention_2",
    "bf16": True,
    "do_eval": False,
    "gradient_accumulation_steps": 4,
    "gradient_checkpointing": True,
    "gradient_checkpointing_kwargs": {"use_reentrant": False},
    "hub_model_id": "somebody/model",
    "hub_strategy": "every_save",
    "learning_rate": 1e-5,
    "log_level": "info",
    "lr_scheduler_type": "cosine_with_min_lr",
    "lr_scheduler_kwargs": {"min_lr_rate": 0.1},
    "max_steps": -1,
    "num_train_epochs": 2,
    "output_dir": "data/model",
    "overwrite_output_dir": True,
    "per_device_train_batch_size": 2,
    "push_to_hub": True,
    "report_to": ["wandb"],
    "save_strategy": "epoch",
    "seed": 1,
    "warmup_ratio": 0.05,
}
SFT = COMMON | {
    "model_name_or_path": "somebody/Qwen2.5-7B-longer",
    "chat_template": TEMPLATE,
    "eos_token": "<|im_end|>",
    "dataset_name": "somebody/sums",
    "dataset_config": "hard",
    "dataset_num_proc": 8,
    "eval_strategy": False,  # as `eval_strategy: no` reads
    "max_seq_length": 4096,
    "packing": False,
    "use_liger_kernel": True,
}
GRPO = COMMON | {
    "model_name_or_path": "Qwen/Qwen2.5-1.5B-Instruct",
    "dataset_name": "somebody/sums",
    "dataset_prompt_column": "question",
    "system_prompt": "Think first.",
    "use_vllm": True,
    "vllm_device": "auto",
    "vllm_gpu_memory_utilization": 0.7,
    "max_prompt_length": 300,
    "max_completion_length": 900,
    "num_generations": 8,
    "reward_funcs": ["accuracy", "format", "tag_count"],
    "reward_weights": [1.0, 0.5, 0.5],
    "wandb_project": "sums",
    "code_language": "python",
}


def trl_file(folder: Path, settings: dict[str, object], head: str = "") -> Path:
    """A file of these settings; those that are None are left out."""
    path = folder / "config.yaml"
    kept = {key: value for key, value in settings.items() if value is not None}
    path.write_text(head + yaml.safe_dump(kept, sort_keys=False), encoding="utf-8")
    return path
