"""What is loaded in four or eight bits is so, learns, and is exported in the base's own precision."""

from pathlib import Path

import pytest
import torch

from distill.training.worker import sft
from tests.training.worker.prepared import logits, prepared, weights

pytest.importorskip("bitsandbytes")
pytestmark = [
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore:MatMul8bitLt:UserWarning"),
]

LORA = ["use_peft=true", "lora_r=4", "learning_rate=0.01"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize(("key", "dtype"), [("load_in_4bit", torch.uint8), ("load_in_8bit", torch.int8)])
def test_the_built_model_is_quantized(tmp_path: Path, key: str, dtype: torch.dtype) -> None:
    model = sft.build(prepared(tmp_path, overrides=[*LORA, f"{key}=true"]).work).model
    assert model is not None
    assert {p.dtype for name, p in model.named_parameters() if name.endswith("proj.base_layer.weight")} == {dtype}
    rows = [p for name, p in model.named_parameters() if "trainable_tokens_delta" in name]
    assert {(len(p), p.dtype) for p in rows} == {(6, torch.float32)}


@pytest.mark.parametrize("key", ["load_in_4bit", "load_in_8bit"])
@pytest.mark.parametrize("is_tied", [False, True], ids=["untied", "tied"])
def test_an_export_is_the_base_in_full_with_what_was_learnt(tmp_path: Path, key: str, is_tied: bool) -> None:
    training = prepared(tmp_path, overrides=[*LORA, f"{key}=true"], tie_word_embeddings=is_tied)
    trainer = training.trained()
    out = training.exported()
    assert weights(out)["model.layers.0.mlp.up_proj.weight"].dtype is torch.float32
    learnt = (logits(out) - logits(training.base)).abs().max()
    error = (logits(out) - logits(trainer.model)).abs().max()
    assert error < {"load_in_4bit": 0.15, "load_in_8bit": 0.02}[key]
    assert learnt > 3 * error
