"""What is exported: weights that are finite, said once, with an index that is right."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from distill.errors import RunError
from distill.training.recipe import load
from distill.training.student.export import export
from tests.training.tiny import tiny_base, tiny_recipe


def exported(trained: Path, folder: Path, dtype: str = "bfloat16") -> Path:
    """Export what lies in `trained`."""
    for name in ("chat_template.jinja", "generation_config.json", "tokenizer.json", "tokenizer_config.json"):
        (trained / name).touch()
    recipe = load(tiny_recipe(folder / "tiny.yaml", trained, export_dtype=dtype))
    export(trained, trained, recipe, folder / "out")
    return folder / "out"


def test_the_index_gives_the_size_of_what_was_written(tmp_path: Path) -> None:
    base = tiny_base(tmp_path / "base")
    AutoModelForCausalLM.from_pretrained(base).save_pretrained(tmp_path / "shards", max_shard_size="100KB")
    out = exported(tmp_path / "shards", tmp_path)
    index = json.loads((out / "model.safetensors.index.json").read_text())
    written = {name: file.name for file in out.glob("*.safetensors") for name in load_file(file)}
    assert index["weight_map"] == written
    assert len(set(written.values())) > 1
    assert index["metadata"]["total_size"] == sum(
        tensor.nbytes for file in out.glob("*.safetensors") for tensor in load_file(file).values()
    )
    AutoModelForCausalLM.from_pretrained(out)


@pytest.mark.parametrize("is_tied", [False, True], ids=["untied", "tied"])
def test_a_tied_model_has_one_embedding_though_fsdp2_wrote_two(tmp_path: Path, is_tied: bool) -> None:
    base = tiny_base(tmp_path / "base", tie_word_embeddings=is_tied)
    tensors = load_file(base / "model.safetensors")
    tensors.setdefault("lm_head.weight", tensors["model.embed_tokens.weight"].clone())
    save_file(tensors, base / "model.safetensors", metadata={"format": "pt"})
    out = exported(base, tmp_path)
    assert ("lm_head.weight" in load_file(out / "model.safetensors")) is not is_tied
    ids = torch.tensor([[1, 2, 300]])
    models = [AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16) for folder in (base, out)]
    assert torch.equal(models[0](ids).logits, models[1](ids).logits)


@pytest.mark.parametrize(("value", "dtype"), [(torch.nan, "float32"), (-torch.inf, "bfloat16"), (3.4e38, "bfloat16")])
def test_a_weight_that_is_not_finite_in_the_exported_precision_is_refused_by_name(
    tmp_path: Path, value: float, dtype: str
) -> None:
    base = tiny_base(tmp_path / "base")
    tensors = load_file(base / "model.safetensors")
    tensors["model.layers.1.mlp.down_proj.weight"][3, 4] = value
    save_file(tensors, base / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(RunError, match=rf"`model.layers.1.mlp.down_proj.weight` holds .* in {dtype}"):
        exported(base, tmp_path, dtype)
    assert not list((tmp_path / "out").glob("*.safetensors"))
