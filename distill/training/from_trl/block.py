"""The `distill:` block of a TRL YAML: what TRL has no key for, or says in another way."""

from pathlib import Path
from typing import NamedTuple

from distill.training.from_trl.bases import find_base
from distill.training.from_trl.line import LeftOut, Missing, RecipeLine, Settings
from distill.training.from_trl.template import ChatTemplate
from distill.training.settings.owned import Method

DEFAULTS = {"per_device_train_batch_size": 8, "gradient_accumulation_steps": 1, "max_length": 1024}
"""TRL's and transformers' own, which a file means where it is silent."""
GRPO_DEFAULTS = {"num_generations": 8, "max_completion_length": 512}
"""The same for GRPO (TRL 1.16)."""


class BatchSize(NamedTuple):
    """Rows or completions of one optimizer step."""

    rows: int
    arithmetic: str


def number(settings: Settings, key: str) -> int:
    """A whole number of the file, or TRL's default for it."""
    value = settings.get(key, settings.get("max_seq_length") if key == "max_length" else None)
    return int(str(value)) if value else (DEFAULTS | GRPO_DEFAULTS)[key]


def is_on_cpu(settings: Settings) -> bool:
    """Whether a file asks for no GPU."""
    return bool(settings.get("use_cpu") or settings.get("no_cuda"))


def batch_of(settings: Settings, num_gpus: int) -> BatchSize:
    """Rows a device × accumulation × GPUs."""
    rows, accumulation = (
        number(settings, key) for key in ("per_device_train_batch_size", "gradient_accumulation_steps")
    )
    return BatchSize(
        rows * accumulation * num_gpus,
        f"per_device_train_batch_size {rows} × gradient_accumulation_steps {accumulation} × {num_gpus} GPUs",
    )


class BlockLines(NamedTuple):
    """The lines of the block, and what could not be said."""

    lines: list[RecipeLine]
    left_out: list[LeftOut]
    missing: list[Missing]


def base_lines(settings: Settings, given: Settings, template: ChatTemplate) -> BlockLines:
    """Base, template, EOS, license and shape; `given` is the block of the command line."""
    lines, missing, left_out = list[RecipeLine](), list[Missing](), list[LeftOut]()
    base = given.get("base") or settings.get("model_name_or_path")
    if not isinstance(base, str):
        return BlockLines([], [], [Missing("distill.base=NAME", "the file names no model_name_or_path")])
    lines.append(RecipeLine("base", base, "from model_name_or_path"))
    revision = settings.get("model_revision")
    if revision and Path(base).is_dir():
        left_out.append(LeftOut("model_revision", revision, "a folder has no revisions"))
    elif revision and revision != "main":
        lines.append(RecipeLine("revision", revision, "from model_revision"))
    lines.append(RecipeLine("template", template.name, template.origin))
    missing += template.missing
    if eos := settings.get("eos_token"):
        lines.append(RecipeLine("eos", eos, "from eos_token"))
    found = find_base(base, str(revision) if revision else None)
    if found.license:
        lines.append(RecipeLine("license", found.license, found.license_origin))
    else:
        missing.append(Missing("distill.license=NAME", f"of the student, which follows {base}'s"))
    if found.shape:
        lines.append(RecipeLine("shape", found.shape.model_dump(exclude_defaults=True), found.shape_origin))
    else:
        reason = f"{base}'s config.json is not here and its name tells none; or distill.base=FOLDER, which has one"
        missing.append(Missing("distill.shape='{layers: …}'", reason))
    return BlockLines(lines, left_out, missing)


def machine_lines(settings: Settings, method: Method, num_gpus: int) -> list[RecipeLine]:
    """The batch, and how GPUs share a model."""
    batch = batch_of(settings, num_gpus)
    unit, size, origin = "examples", batch.rows, f"from {batch.arithmetic}"
    if settings.get("packing") and method == "sft":
        length = number(settings, "max_length")
        unit, size, origin = "tokens", batch.rows * length, f"{origin} × max_length {length}, since rows are packed"
    elif method == "grpo":
        origin += ": completions"
    return [RecipeLine("batch", {"unit": unit, "size": size}, origin), _layout(settings, num_gpus)]


def _layout(settings: Settings, num_gpus: int) -> RecipeLine:
    if is_on_cpu(settings):
        return RecipeLine("accelerate", "cpu", "from use_cpu")
    if num_gpus == 1:
        return RecipeLine("accelerate", "single", "for one GPU")
    if settings.get("deepspeed"):
        return RecipeLine("accelerate", "zero3", "from deepspeed")
    return RecipeLine("accelerate", "fsdp2", "no key of TRL's; or zero3")
