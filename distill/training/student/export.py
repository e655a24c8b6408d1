"""From the trainer's output to a model folder that transformers and vLLM load."""

import json
import shutil
from pathlib import Path

from pydantic import JsonValue

from distill.training.recipe import StudentRecipe

_COPIED = ("chat_template.jinja", "generation_config.json", "tokenizer.json", "tokenizer_config.json")
"""Taken from the prepared student, not from the trainer: the template for inference, with the reasoning prefill."""


def export(trained: Path, student: Path, recipe: StudentRecipe, out: Path) -> None:
    """Write weights in `export_dtype`, config in both spellings, and the prepared tokenizer into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    if (trained / "adapter_config.json").is_file():
        trained = _merged(trained, student)
    for file in sorted(trained.glob("*.safetensors")):
        _cast(file, out / file.name, recipe.distill.export_dtype)
    for file in trained.glob("*.safetensors.index.json"):
        shutil.copyfile(file, out / file.name)
    for name in _COPIED:
        shutil.copyfile(student / name, out / name)
    config = json.loads((trained / "config.json").read_text(encoding="utf-8"))
    (out / "config.json").write_text(json.dumps(portable(config, recipe.distill.export_dtype), indent=2) + "\n")


def portable(config: dict[str, JsonValue], dtype: str) -> dict[str, JsonValue]:
    """A config in both spellings of RoPE and dtype.

    transformers 5 writes `rope_parameters` and `dtype`; version 4 and the engines built on it read `rope_theta`,
    `rope_scaling` and `torch_dtype`, and fall back to a theta of 10,000 silently.
    """
    rope = config.get("rope_parameters")
    assert isinstance(rope, dict)
    scaling = None if rope.get("rope_type") == "default" else {k: v for k, v in rope.items() if k != "rope_theta"}
    return config | {
        "rope_theta": rope["rope_theta"],
        "rope_scaling": scaling,
        "dtype": dtype,
        "torch_dtype": dtype,
        "use_cache": True,
    }


def _merged(adapter: Path, student: Path) -> Path:
    """Add a LoRA adapter to the weights that it was trained on."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    folder = adapter.with_name("merged")
    base = AutoModelForCausalLM.from_pretrained(student, dtype="float32")
    PeftModel.from_pretrained(base, str(adapter)).merge_and_unload().save_pretrained(folder)
    return folder


def _cast(source: Path, target: Path, dtype: str) -> None:
    """One shard at a time, so that memory holds one shard."""
    import torch
    from safetensors.torch import load_file, save_file

    tensors = {name: tensor.to(getattr(torch, dtype)) for name, tensor in load_file(source).items()}
    save_file(tensors, target, metadata={"format": "pt"})
