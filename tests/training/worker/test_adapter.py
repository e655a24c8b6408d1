"""LoRA with tokens that nobody has trained: their rows are, and no others; they survive checkpoints and the export."""

import shutil
from pathlib import Path

import pytest
import torch
from trl import ModelConfig  # type: ignore[attr-defined]

from distill.errors import RecipeError
from distill.training.sft import sft
from distill.training.worker import sft as worker
from distill.training.worker.adapter import adapter_config
from distill.training.worker.checkpoints import last_whole
from tests.training.tiny import FIRST, tiny_base, tiny_dataset, tiny_recipe
from tests.training.worker.prepared import logits, prepared, weights

LORA = ["use_peft=true", "lora_r=4", "learning_rate=0.01"]
NEW = list(range(FIRST, FIRST + 6))
BOTH = {"lm_head.weight", "model.embed_tokens.weight"}

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
"""peft asks transformers."""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))


def changed_rows(before: Path, after: Path) -> dict[str, list[int]]:
    """The rows of each embedding that a training changed."""
    old, new = weights(before), weights(after)
    assert old.keys() == new.keys()
    return {name: (old[name] != new[name]).any(1).nonzero().flatten().tolist() for name in sorted(BOTH & old.keys())}


@pytest.mark.parametrize("kind", ["qwen2", "llama"])
@pytest.mark.parametrize("is_tied", [False, True], ids=["untied", "tied"])
def test_the_new_rows_are_trained_and_exported_and_no_others(tmp_path: Path, kind: str, is_tied: bool) -> None:
    training = prepared(tmp_path, kind, LORA, tie_word_embeddings=is_tied)
    trainer = training.trained()
    out = training.exported()
    rows = changed_rows(training.base, out)
    assert rows.pop("lm_head.weight", NEW) == NEW
    # As an input, EOS never has a gradient: nothing follows it.
    eos = {"qwen2": FIRST, "llama": FIRST + 1}[kind]
    assert set(rows["model.embed_tokens.weight"]) >= set(NEW) - {eos}
    assert set(rows["model.embed_tokens.weight"]) <= set(NEW)
    assert torch.allclose(logits(out), logits(trainer.model), atol=1e-5)


@pytest.mark.parametrize(
    ("chosen", "is_tied", "rows"),
    [
        ([], False, {"embed_tokens", "lm_head"}),
        (["embed_tokens", "lm_head"], False, set()),
        (["lm_head"], False, {"embed_tokens"}),
        (["embed_tokens"], True, set()),
    ],
)
def test_embeddings_that_the_recipe_trains_whole_are_left_to_it(
    tmp_path: Path, chosen: list[str], is_tied: bool, rows: set[str]
) -> None:
    base = tiny_base(tmp_path / "base", tie_word_embeddings=is_tied)
    model = ModelConfig(model_name_or_path=str(base), use_peft=True, lora_modules_to_save=chosen or None)
    config = adapter_config(model, NEW)
    assert config is not None
    assert set(config.trainable_token_indices or {}) == rows


def test_without_new_tokens_or_without_lora_nothing_is_added(tmp_path: Path) -> None:
    base = str(tiny_base(tmp_path / "base"))
    assert adapter_config(ModelConfig(model_name_or_path=base), NEW) is None
    config = adapter_config(ModelConfig(model_name_or_path=base, use_peft=True), [])
    assert config is not None
    assert config.trainable_token_indices is None


def test_vllm_which_cannot_take_such_rows_is_refused_with_the_ways_out(tmp_path: Path) -> None:
    model = ModelConfig(model_name_or_path=str(tiny_base(tmp_path / "base")), use_peft=True)
    with pytest.raises(RecipeError, match=r"new tokens .* Set lora_modules_to_save=\[embed_tokens, lm_head\] or "):
        adapter_config(model, NEW, is_served=True)


@pytest.mark.parametrize("whole", [None, ["lm_head"]])
def test_fsdp_under_which_embeddings_learn_wrongly_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: list[str] | None
) -> None:
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    model = ModelConfig(model_name_or_path=str(tiny_base(tmp_path / "base")), use_peft=True, lora_modules_to_save=whole)
    with pytest.raises(RecipeError, match=r"under FSDP .* Set distill.accelerate=single .*, or use_peft=false"):
        adapter_config(model, NEW)
    assert whole or adapter_config(model, []) is not None


def test_a_checkpoint_carries_the_rows(tmp_path: Path) -> None:
    saving = [*LORA, "lora_dropout=0", "save_strategy=steps", "save_steps=2"]
    whole = prepared(tmp_path, overrides=saving).trained()
    work = tmp_path / "out.work"
    expected = weights(work / "model")
    assert last_whole(work) == str(work / "checkpoint-4")
    shutil.rmtree(work / "checkpoint-4")
    resumed = worker.main(work)
    assert [entry["step"] for entry in resumed.state.log_history if "loss" in entry][-2:] == [3, 4]
    assert torch.equal(logits(whole.model), logits(resumed.model))
    assert {name: tensor.tolist() for name, tensor in weights(work / "model").items()} == {
        name: tensor.tolist() for name, tensor in expected.items()
    }


@pytest.mark.slow
def test_two_processes_train_the_rows_as_one_does(tmp_path: Path) -> None:
    recipe = tiny_recipe(tmp_path / "tiny.yaml", tiny_base(tmp_path / "base"), export_dtype="float32")
    for num in (1, 2):
        sft(
            recipe,
            tiny_dataset(tmp_path / "rows.jsonl"),
            out=tmp_path / str(num),
            overrides=[*LORA, "lora_dropout=0"],
            num_gpus=num,
        )
    one, two = weights(tmp_path / "1"), weights(tmp_path / "2")
    assert all(torch.allclose(one[name], two[name], atol=1e-4) for name in one)
    assert changed_rows(tmp_path / "base", tmp_path / "2")["lm_head.weight"] == NEW
