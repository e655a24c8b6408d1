"""What differs between the settings that a training began with and those of now, and whether that stands in the way.

Free to change is what leaves the trained weights as they would have been: how often is saved and logged, who reads the
rows, how many GPUs share a step of the same rows. Three of these change sums in their last digits and nothing else:
rows for each device, recomputed or offloaded activations, and the layout. Where rows do not divide into whole batches,
the last step of an epoch repeats a few rows to fill them up, and how many follows from the layout.
"""

import json
from collections.abc import Iterator, Mapping

from pydantic import JsonValue

Settings = dict[str, JsonValue]
"""Digests by name (`base`, `dataset`, …), and under KEYS the recipe itself."""

RECIPE, KEYS = "recipe", "settings"
"""Digest of the recipe, and the recipe as a tree; a training begun by an earlier version has the first alone."""

_FREE = frozenset(
    """
    save_steps save_strategy save_total_limit save_on_each_node
    report_to run_name project trackio_space_id disable_tqdm
    dataloader_num_workers dataloader_pin_memory dataloader_prefetch_factor dataloader_persistent_workers
    dataset_num_proc
    per_device_train_batch_size per_device_eval_batch_size torch_empty_cache_steps
    activation_checkpointing activation_checkpointing_kwargs activation_offloading
    vllm_mode vllm_gpu_memory_utilization vllm_tensor_parallel_size vllm_enable_sleep_mode
    distill.accelerate distill.gpus_per_node distill.sequence_parallel distill.shape distill.student
    distill.export_dtype distill.license
    """.split()
)
_FREE_BEGINNINGS = ("log_", "logging_", "ddp_", "vllm_server_")
_EXAMINATION = ("eval_", "distill.held_out")
_OF_THE_BASE = "base revision template tokens bos eos rope untied".split()
_OF_THE_EXPORT = ("distill.export_dtype", "distill.license")


def changes(then: Settings, now: Settings) -> list[str]:
    """Each change that stands in the way, as `another recipe (learning_rate: 0.0001 → 5e-05)` or `another dataset`.

    Only names that both have are compared, so that folders of earlier versions go on.
    """
    keys = _changed_keys(then, now)
    is_same_base = then.get("base") == now.get("base")
    standing = {key: text for key, text in keys.items() if not _is_free(key, then, now)}
    ours = {key: text for key, text in standing.items() if not (is_same_base and _is_of_base(key))}
    found = [f"another recipe ({'; '.join(f'{key}: {text}' for key, text in ours.items())})"] if ours else []
    for name in now:
        is_covered = (name == RECIPE and KEYS in then) or (name == "base" and any(map(_is_of_base, ours)))
        if name != KEYS and not is_covered and name in then and then[name] != now[name]:
            is_count = isinstance(now[name], int)
            found.append(f"another {name}{f' ({then[name]} → {now[name]})' if is_count else ''}")
    return found


def needs_export(then: Settings, now: Settings) -> bool:
    """Whether a finished model says or holds something else than is asked for now, though it was trained the same."""
    return any(key in _OF_THE_EXPORT for key in _changed_keys(then, now))


def _changed_keys(then: Settings, now: Settings) -> dict[str, str]:
    """Of the recipe: key → `then → now`."""
    old, new = then.get(KEYS), now.get(KEYS)
    if not isinstance(old, dict) or not isinstance(new, dict):
        return {}
    before, after = dict(_flat(old)), dict(_flat(new))
    return {
        key: f"{before.get(key, 'unset')} → {after.get(key, 'unset')}"
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    }


def _flat(tree: Mapping[str, JsonValue], path: str = "") -> Iterator[tuple[str, str]]:
    """Values by their dotted path, written as JSON."""
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", json.dumps(value, ensure_ascii=False)


def _is_free(key: str, then: Settings, now: Settings) -> bool:
    if key.startswith(_EXAMINATION):
        changes_rows = key in ("distill.held_out.share", "distill.held_out.patience")
        return not changes_rows and not any(_keeps_best(settings) for settings in (then, now))
    parts = key.split(".")
    names = {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
    return bool(names & _FREE) or key.startswith(_FREE_BEGINNINGS)


def _keeps_best(settings: Settings) -> bool:
    """Whether evaluations decide which checkpoint is the model."""
    keys = settings.get(KEYS)
    return isinstance(keys, dict) and bool(keys.get("load_best_model_at_end"))


def _is_of_base(key: str) -> bool:
    return any(key == f"distill.{name}" or key.startswith(f"distill.{name}.") for name in _OF_THE_BASE)
