"""A training that would be NaN stops, says where, and leaves no checkpoint that is."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from distill.errors import DistillError
from distill.training.sft import sft
from distill.training.worker.checkpoints import SEAL, last_whole
from distill.training.worker.finite import non_finite
from tests.training.tiny import tiny_base, tiny_dataset, tiny_recipe
from tests.training.worker.prepared import prepared

SAVING = ["save_strategy=steps", "save_steps=1", "logging_steps=100"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))


def spoil(folder: Path, name: str) -> None:
    """One NaN among the weights of a model folder."""
    tensors = load_file(folder / "model.safetensors")
    tensors[name].view(-1)[0] = torch.nan
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize("name", ["model.layers.1.mlp.up_proj.weight", "lm_head.weight"])
def test_a_base_with_one_nan_is_named_before_the_first_step(tmp_path: Path, name: str) -> None:
    training = prepared(tmp_path)
    spoil(training.base, name)
    with pytest.raises(DistillError, match=rf"Nothing was trained: the weights `{name}` of the base .* NaN"):
        training.trained()


def test_a_rate_that_is_far_too_high_stops_the_training_though_no_step_is_logged(tmp_path: Path) -> None:
    training = prepared(tmp_path, overrides=[*SAVING, "learning_rate=1e30", "lr_scheduler_type=constant"])
    with pytest.raises(DistillError, match=r"stopped in step 2: its gradient norm is nan.* lower learning_rate"):
        training.trained()


def test_a_checkpoint_of_broken_weights_is_never_sealed(tmp_path: Path) -> None:
    training = prepared(tmp_path, overrides=[*SAVING, "learning_rate=1e39", "lr_scheduler_type=constant"])
    with pytest.raises(DistillError, match=r"stopped in step 1: it made values of `.*` NaN .* begins anew"):
        training.trained()
    assert (training.work / "checkpoint-1").is_dir()
    assert last_whole(training.work) is None


def test_weights_of_every_kind_are_looked_at_where_they_are() -> None:
    exact, coarse = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2, dtype=torch.bfloat16)
    model = torch.nn.Sequential(exact, coarse)
    assert non_finite(model) is None
    coarse.bias.data[1] = torch.inf
    assert non_finite(model) == "1.bias"
    exact.weight.data[1, 0] = torch.nan
    assert non_finite(model) == "0.weight"


@pytest.mark.slow
@pytest.mark.parametrize(("layout", "num_processes"), [("cpu", 1), ("cpu", 2), ("fsdp2", 2)])
def test_the_sentence_reaches_the_user_from_every_layout(tmp_path: Path, layout: str, num_processes: int) -> None:
    recipe = tiny_recipe(tmp_path / "tiny.yaml", tiny_base(tmp_path / "base"))
    with pytest.raises(DistillError, match=r"^Training stopped in step 2: its gradient norm is nan"):
        sft(
            recipe,
            tiny_dataset(tmp_path / "rows.jsonl"),
            out=tmp_path / "out",
            overrides=[*SAVING, "learning_rate=1e30", f"distill.accelerate={layout}"],
            num_gpus=num_processes,
        )
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "out.work" / "checkpoint-1" / SEAL).is_file()
    assert json.loads((tmp_path / "out.work" / "checkpoint-1" / "trainer_state.json").read_text())["global_step"] == 1
