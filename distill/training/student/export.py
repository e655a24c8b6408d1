"""From the trainer's output to a model folder that transformers and vLLM load."""

import json
import shutil
from pathlib import Path

from pydantic import JsonValue

from distill.errors import RunError
from distill.training.recipe import StudentRecipe

_COPIED = ("chat_template.jinja", "generation_config.json", "tokenizer.json", "tokenizer_config.json")
"""Taken from the prepared student, not from the trainer: the template for inference, with the reasoning prefill."""


def export(trained: Path, student: Path, recipe: StudentRecipe, out: Path) -> None:
    """Write weights in `export_dtype`, config in both spellings, and the prepared tokenizer into `out`.

    Raises RunError, naming the tensor, where a weight is not finite.
    """
    out.mkdir(parents=True, exist_ok=True)
    if (trained / "adapter_config.json").is_file():
        trained = _merged(trained, student)
    config = json.loads((trained / "config.json").read_text(encoding="utf-8"))
    _write_weights(trained, out, recipe.distill.export_dtype, is_tied=bool(config.get("tie_word_embeddings")))
    for name in _COPIED:
        shutil.copyfile(student / name, out / name)
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


def _write_weights(trained: Path, out: Path, dtype: str, *, is_tied: bool) -> None:
    """Shard by shard, so that memory holds one, and the index where there is one.

    The output embedding of a tied model is left out: FSDP2 writes it a second time, and who loads it ties it anew.
    """
    left_out = {"lm_head.weight"} if is_tied else set()
    shards = {
        file.name: _cast(file, out / file.name, dtype, left_out) for file in sorted(trained.glob("*.safetensors"))
    }
    for file in trained.glob("*.safetensors.index.json"):
        index = {
            "metadata": {"total_size": sum(sum(sizes.values()) for sizes in shards.values())},
            "weight_map": {name: shard for shard, sizes in shards.items() for name in sorted(sizes)},
        }
        (out / file.name).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")


def _cast(source: Path, target: Path, dtype: str, left_out: set[str]) -> dict[str, int]:
    """Write a shard's tensors in `dtype`; gives their sizes in bytes."""
    import torch
    from safetensors.torch import load_file, save_file

    tensors = {name: tensor.to(getattr(torch, dtype)) for name, tensor in load_file(source).items()}
    tensors = {name: tensor for name, tensor in tensors.items() if name not in left_out}
    for name, tensor in tensors.items():
        if not torch.stack(tensor.aminmax()).isfinite().all():
            raise RunError(
                f"The trained model is not exported: `{name}` holds values that are NaN or infinite in {dtype}. Train "
                "anew into another --out with a lower learning_rate or max_grad_norm, or look at the base's weights."
            )
    save_file(tensors, target, metadata={"format": "pt"})
    target.chmod(0o644)  # safetensors lets its owner alone read a file
    return {name: tensor.nbytes for name, tensor in tensors.items()}
