"""TRL's keys: those that keep their name, those that got another, and those that mean nothing here."""

from collections.abc import Iterator

from pydantic import JsonValue

from distill.training.from_trl.line import LeftOut, Line, Settings
from distill.training.settings.keys import OWNED, RENAMED, Method, known_keys

_NAMES = {
    "evaluation_strategy": "eval_strategy",
    "gradient_checkpointing": "activation_checkpointing",
    "gradient_checkpointing_kwargs": "activation_checkpointing_kwargs",
    "max_seq_length": "max_length",
    "no_cuda": "use_cpu",
    "torch_dtype": "dtype",
    "warmup_ratio": "warmup_steps",
}
"""Keys whose value holds under another name. Of RENAMED, which says it to people."""

TAKEN = frozenset(
    "model_name_or_path model_revision chat_template chat_template_path tokenizer_name_or_path eos_token "
    "gradient_accumulation_steps steps_per_generation generation_batch_size reward_funcs reward_weights "
    "max_prompt_length soft_punish_cache code_eval_scoring_mode assistant_only_loss".split()
)
"""Keys of which the `distill:` block is made."""

_PUSHED = "publish the finished model with: distill push MODEL REPO"
_LAYOUT = "`distill.accelerate` says how GPUs share a model"
_ROWS = "rows are named on the command line: {rows}"
_EVALUATION = "`eval_strategy` says when, `distill.held_out` on what"
_REASONS = {
    "deepspeed": _LAYOUT,
    "do_eval": _EVALUATION,
    "do_predict": "nothing is predicted",
    "do_train": "always",
    "env": "set them in the shell",
    "fsdp": _LAYOUT,
    "fsdp_config": _LAYOUT,
    "fsdp_transformer_layer_cls_to_wrap": _LAYOUT,
    "model_revision": "a folder has no revisions",
    "num_processes": "give --gpus",
    "packing_strategy": "rows are packed best-fit (bfd); what else TRL has lets documents see each other",
    "save_only_model": "checkpoints keep the optimizer, or nothing could be resumed",
    "system_prompt": "prompt rows carry their system message: give it to each, or nothing asks for that form",
    "trust_remote_code": "code of a model's repository is never run",
    "vllm_device": "vLLM shares the training's GPUs, or runs as a server: vllm_mode",
    "wandb_entity": "set it in the shell: WANDB_ENTITY",
    "wandb_project": "set it in the shell: WANDB_PROJECT",
    "wandb_run_group": "set it in the shell: WANDB_RUN_GROUP",
}


def translate(settings: Settings, method: Method, rows: str) -> tuple[list[Line], list[LeftOut]]:
    """The keys that TRL will read, and those that have no meaning here; `rows` is what stands for its data."""
    kept: dict[str, Line] = {}
    left_out = list[LeftOut]()
    for key, value in settings.items():
        if key in TAKEN:
            continue
        if reason := _reason(key, value, settings, method, rows):
            if value not in (False, None):  # what is not asked for needs no reason
                left_out.append(LeftOut(key, value, reason))
            continue
        for line in _lines(key, value):
            kept[line.key] = _both(kept[line.key], line) if line.key in kept else line
    return list(kept.values()), left_out


def _both(first: Line, second: Line) -> Line:
    """Two keys that became one: mappings are merged, else what the file says under the present name wins."""
    if isinstance(first.value, dict) and isinstance(second.value, dict):
        return first._replace(value=first.value | second.value, origin=first.origin or second.origin)
    return first if not first.origin else second


def _lines(key: str, value: JsonValue) -> Iterator[Line]:
    """What a key became; nothing where it says what holds anyway."""
    origin = f"from {key}"
    if key in _NAMES:
        yield Line(_NAMES[key], _spelled(_NAMES[key], value), origin)
    elif key == "group_by_length":
        if value:
            yield Line("train_sampling_strategy", "group_by_length", origin)
    elif key == "use_flash_attention_2":
        if value:
            yield Line("attn_implementation", "flash_attention_2", origin)
    elif key in ("use_liger_kernel", "use_liger"):
        if value:
            yield Line("model_init_kwargs", {"use_kernels": True}, f"from {key}; needs the package kernels")
    else:
        yield Line(key, _spelled(key, value))


def _spelled(key: str, value: JsonValue) -> JsonValue:
    """`save_strategy: no` as TRL reads it: a word, which YAML 1.1 takes for false."""
    return "no" if key.endswith("_strategy") and value is False else value


def _reason(key: str, value: JsonValue, settings: Settings, method: Method, rows: str) -> str | None:
    """Why a key is left out; None where it is kept, be it under another name."""
    if key in _NAMES or key in ("group_by_length", "use_liger_kernel", "use_liger", "use_flash_attention_2"):
        is_older = key == "warmup_ratio" and settings.get("warmup_steps")
        return "`warmup_steps` stands beside it and wins" if is_older else None
    if key.startswith(("hub_", "push_to_hub")) or key == "overwrite_hub_revision":
        return _PUSHED
    if key.startswith("dataset") or key in ("data_files", "data_dir", "max_train_samples"):
        return _ROWS.format(rows=rows)
    if key.startswith(("lora_", "use_rslora", "use_dora")) and not settings.get("use_peft"):
        return "without `use_peft: true` it has no effect"
    if key == "vllm_gpu_memory_utilization" and "vllm_device" in settings:
        return "it was the share of a GPU of vLLM's own (vllm_device); here vLLM shares the training's"
    if key == "packing_strategy" and str(value).startswith("bfd"):
        return None
    return _REASONS.get(key) or RENAMED.get(key) or OWNED[method].get(key) or _unknown(key, method)


def _unknown(key: str, method: Method) -> str | None:
    return (
        None
        if key in known_keys(method)
        else "TRL 1.16 knows no such key; an older one, or a script of its own, reads it"
    )
