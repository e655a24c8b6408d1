"""TRL's keys: those that keep their name, those that got another, and those that mean nothing here."""

from collections.abc import Iterable, Iterator

from pydantic import JsonValue

from distill.training.from_trl.line import LeftOut, RecipeLine, Settings
from distill.training.settings.keys import wrong_keys
from distill.training.settings.owned import Method

_NAMES = {
    "evaluation_strategy": "eval_strategy",
    "gradient_checkpointing": "activation_checkpointing",
    "gradient_checkpointing_kwargs": "activation_checkpointing_kwargs",
    "max_seq_length": "max_length",
    "no_cuda": "use_cpu",
    "torch_dtype": "dtype",
    "vllm_importance_sampling_cap": "vllm_importance_sampling_clip_max",
    "warmup_ratio": "warmup_steps",
}
"""Keys whose value holds under another name. Of RENAMED, which says it to people."""
_SWITCHES: dict[str, tuple[str, JsonValue]] = {
    "group_by_length": ("train_sampling_strategy", "group_by_length"),
    "use_flash_attention_2": ("attn_implementation", "flash_attention_2"),
    "use_liger": ("model_init_kwargs", {"use_kernels": True}),
    "use_liger_kernel": ("model_init_kwargs", {"use_kernels": True}),
}
"""Keys that became a value of another; without effect where they are off."""

TAKEN = frozenset(
    "model_name_or_path model_revision chat_template chat_template_path tokenizer_name_or_path eos_token "
    "gradient_accumulation_steps steps_per_generation generation_batch_size reward_funcs reward_weights "
    "max_prompt_length soft_punish_cache code_eval_scoring_mode assistant_only_loss".split()
)
"""Keys of which the `distill:` block is made."""

_OWN_GPU = "vLLM had a GPU of its own (vllm_device); now it shares the training's, or is a server: vllm_mode"
_PACKING = "rows are packed best-fit (bfd); what else TRL has lets documents see each other"


def translate(settings: Settings, rows: str) -> tuple[list[RecipeLine], list[LeftOut]]:
    """The keys by their present names, and those whose meaning went elsewhere; `rows` stands for the file's data."""
    kept: dict[str, RecipeLine] = {}
    left_out = list[LeftOut]()
    for key, value in settings.items():
        if key in TAKEN:
            continue
        if reason := _reason(key, value, settings, rows):
            left_out.append(LeftOut(key, value, reason))
        for line in [] if reason else _lines(key, value):
            kept[line.key] = _both(kept[line.key], line) if line.key in kept else line
    return list(kept.values()), left_out


def sound(lines: Iterable[RecipeLine], method: Method) -> tuple[list[RecipeLine], list[LeftOut]]:
    """The lines that can stand in a recipe; of the others, those that ask for something, with the reason."""
    lines = list(lines)
    wrong = wrong_keys({line.key: line.value for line in lines}, method)
    dropped = [line for line in lines if line.key in wrong and line.value not in (False, None)]
    return (
        [line for line in lines if line.key not in wrong],
        [LeftOut(line.key, line.value, _short(wrong[line.key])) for line in dropped],
    )


def _lines(key: str, value: JsonValue) -> Iterator[RecipeLine]:
    """What a key became; nothing where it says what holds anyway."""
    if key in _SWITCHES:
        if value:
            kernels = "; needs the package kernels" if "liger" in key else ""
            yield RecipeLine(*_SWITCHES[key], f"from {key}{kernels}")
        return
    name = _NAMES.get(key, key)
    # A word that YAML 1.1 takes for false: `save_strategy: no`.
    spelled = "no" if name.endswith("_strategy") and value is False else value
    yield RecipeLine(name, spelled, "" if name == key else f"from {key}")


def _both(first: RecipeLine, second: RecipeLine) -> RecipeLine:
    """Two keys that became one: mappings are merged, else what the file says under the present name wins."""
    if isinstance(first.value, dict) and isinstance(second.value, dict):
        return first._replace(value=first.value | second.value, origin=first.origin or second.origin)
    return first if not first.origin else second


def _reason(key: str, value: JsonValue, settings: Settings, rows: str) -> str | None:
    """Why a key goes elsewhere, as far as the file alone tells it; None where it does not."""
    if key == "warmup_ratio" and settings.get("warmup_steps"):
        return "`warmup_steps` stands beside it and wins"
    if key.startswith("dataset") or key in ("data_files", "data_dir", "max_train_samples"):
        return f"rows are named on the command line: {rows}"
    if key == "vllm_device" or (key == "vllm_gpu_memory_utilization" and "vllm_device" in settings):
        return _OWN_GPU
    if key == "packing_strategy" and not str(value).startswith("bfd"):
        return _PACKING
    return None


def _short(reason: str) -> str:
    """Without what a reader of an own recipe needs: that the key is his, and which one he may have meant."""
    if reason.startswith("is no key of TRL's") and ":" not in reason:
        return f"{reason.partition(';')[0]} now; an older one, or a script of its own, reads it"
    return reason.removeprefix("cannot be set here: ").removeprefix("is out of date: ")
