"""FSDP2 for real, on two processes over gloo."""

import json
import os
from pathlib import Path

import pytest

from distill.errors import DistillError
from distill.training.job import TrainingEvent
from distill.training.machine import launch
from distill.training.recipe import load
from distill.training.sft import check, sft
from tests.training.tiny import SHAPE, kill_training, tiny_base, tiny_dataset, tiny_recipe

SHARDED = ["distill.accelerate=fsdp2", "save_strategy=steps", "save_steps=4", "distill.export_dtype=float32"]
WORKER = """
import sys
from pathlib import Path

from distill.training.worker import process, sft

def main(work):
    trainer = sft.main(work)
    kinds = {f"{type(p).__name__} on {p.device_mesh.device_type}" for p in trainer.model.parameters()}
    (work / f"kinds-{trainer.accelerator.process_index}").write_text(" ".join(kinds))
    return trainer

process.run(lambda: main(Path(sys.argv[1])))
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Recipe and dataset: 12 steps."""
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))
    recipe = tiny_recipe(tmp_path / "tiny.yaml", tiny_base(tmp_path / "base"))
    return recipe, tiny_dataset(tmp_path / "rows.jsonl", 48)


def curve(out: Path) -> dict[int, tuple[float, float]]:
    """Loss and gradient norm of each step."""
    log = json.loads((out.with_name(f"{out.name}.work") / "metrics.json").read_text(encoding="utf-8"))["log"]
    return {entry["step"]: (entry["loss"], entry["grad_norm"]) for entry in log if "loss" in entry}


def test_every_parameter_is_a_shard(tmp_path: Path, tiny: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, dataset = tiny
    work = tmp_path / "out.work"
    check(recipe, dataset, out=tmp_path / "out", overrides=SHARDED, num_gpus=2)
    (tmp_path / "telling_worker.py").write_text(WORKER)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    launch.run(launch.command(load(recipe, SHARDED), work, 2, "telling_worker"), work, lambda _: None)
    assert [(work / f"kinds-{rank}").read_text() for rank in (0, 1)] == ["DTensor on cpu"] * 2
    assert (work / "checkpoint-4" / "pytorch_model_fsdp_0").is_dir()


@pytest.mark.parametrize("is_tied", [False, True], ids=["untied", "tied"])
def test_shards_learn_what_copies_learn_and_a_killed_training_what_an_unbroken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_tied: bool
) -> None:
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModelForCausalLM

    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))
    base = tiny_base(tmp_path / "base", tie_word_embeddings=is_tied)
    recipe = tiny_recipe(tmp_path / "tiny.yaml", base, shape=SHAPE | {"qkv_bias": True, "tied": is_tied})
    dataset = tiny_dataset(tmp_path / "rows.jsonl", 48)
    copies = [*SHARDED[1:], "distill.accelerate=cpu"]
    sft(recipe, dataset, out=tmp_path / "copies", overrides=copies, num_gpus=1)
    sft(recipe, dataset, out=tmp_path / "whole", overrides=SHARDED, num_gpus=2)
    assert len(curve(tmp_path / "whole")) == 12
    for step, measured in curve(tmp_path / "copies").items():
        assert curve(tmp_path / "whole")[step] == pytest.approx(measured, rel=1e-4)

    def kill(progress: TrainingEvent) -> None:
        if progress.stage == "train" and progress.done == 5:
            kill_training()

    with pytest.raises(DistillError, match="exit code"):
        sft(recipe, dataset, out=tmp_path / "broken", overrides=SHARDED, num_gpus=2, report=kill)
    seen: list[TrainingEvent] = []
    sft(recipe, dataset, out=tmp_path / "broken", overrides=SHARDED, num_gpus=2, report=seen.append)
    assert min(p.done for p in seen if p.stage == "train") in (5, 9)  # after a checkpoint, not from the start
    assert curve(tmp_path / "broken") == curve(tmp_path / "whole")

    exported = AutoModelForCausalLM.from_pretrained(tmp_path / "broken", dtype=torch.float32).state_dict()
    trained = load_file(tmp_path / "broken.work" / "model" / "model.safetensors")
    unbroken = AutoModelForCausalLM.from_pretrained(tmp_path / "whole", dtype=torch.float32).state_dict()
    for name, tensor in trained.items():
        assert exported[name].equal(tensor)
        assert unbroken[name].equal(tensor)
