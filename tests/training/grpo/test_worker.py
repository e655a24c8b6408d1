"""The process of a GRPO training stops, too, where a number is not finite."""

from pathlib import Path

import pytest

from distill.errors import DistillError
from distill.training.grpo.grpo import grpo
from tests.training.grpo.test_grpo import toy_prompts, toy_recipe
from tests.training.worker.test_finite import spoil


@pytest.mark.slow
def test_a_base_with_one_nan_is_named_before_anything_is_sampled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))
    recipe = toy_recipe(tmp_path, {"format": 1.0})
    spoil(tmp_path / "base", "model.norm.weight")
    with pytest.raises(DistillError, match=r"Nothing was trained: the weights `model.norm.weight` of the base"):
        grpo(recipe, toy_prompts(tmp_path / "prompts.jsonl"), out=tmp_path / "out")
