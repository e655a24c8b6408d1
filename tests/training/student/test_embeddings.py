import json
from pathlib import Path

import pytest

from distill.errors import RecipeError
from distill.training.recipe import load
from distill.training.student.student import prepare
from tests.training.tiny import SHAPE, tiny_base, tiny_recipe


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("max_shard_size", ["1GB", "100KB"], ids=["one file", "shards"])
def test_an_untied_student_has_a_second_matrix_that_is_equal_at_first(tmp_path: Path, max_shard_size: str) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    base = tiny_base(tmp_path / "base", tie_word_embeddings=True)
    if max_shard_size != "1GB":
        model = AutoModelForCausalLM.from_pretrained(base)
        (base / "model.safetensors").unlink()
        model.save_pretrained(base, max_shard_size=max_shard_size)
    recipe = load(tiny_recipe(tmp_path / "r.yaml", base, untied=True, shape=SHAPE | {"qkv_bias": True, "tied": True}))
    before = {file: file.read_bytes() for file in base.iterdir()}
    folder = prepare(recipe.distill).folder
    model = AutoModelForCausalLM.from_pretrained(folder)
    inputs, outputs = model.model.embed_tokens.weight, model.lm_head.weight
    assert inputs.data_ptr() != outputs.data_ptr()
    assert torch.equal(outputs, AutoModelForCausalLM.from_pretrained(base).lm_head.weight)
    assert json.loads((folder / "config.json").read_text(encoding="utf-8"))["tie_word_embeddings"] is False
    assert {file: file.read_bytes() for file in base.iterdir()} == before
    assert not recipe.distill.is_tied


def test_a_tied_base_that_the_recipe_takes_for_untied_is_refused(tmp_path: Path) -> None:
    base = tiny_base(tmp_path / "base", tie_word_embeddings=True)
    with pytest.raises(RecipeError, match=r"tie_word_embeddings True, but the recipe says distill\.shape\.tied: False"):
        prepare(load(tiny_recipe(tmp_path / "r.yaml", base)).distill)
