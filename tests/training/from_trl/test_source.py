from pathlib import Path

import pytest

from distill.errors import InputError, RecipeError
from distill.training.from_trl.source import read
from distill.training.settings.owned import Method
from tests.training.from_trl.files import GRPO, SFT, trl_file


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"stage": "sft", "finetuning_type": "full", "cutoff_len": 4096}, "a LLaMA-Factory file"),
        ({"base_model": "a/b", "sequence_len": 4096, "micro_batch_size": 1}, "an axolotl file"),
        ({"compute_environment": "LOCAL_MACHINE", "distributed_type": "FSDP"}, "an accelerate config"),
        ({"data": {}, "actor_rollout_ref": {}, "trainer": {}}, "a verl file"),
        ({"model": {"path": "a"}, "training": {"lr": 1}, "optim": "adamw_torch"}, "it has sections .model, training"),
        ({"colour": "blue", "size": 3}, "TRL knows none of its keys"),
        ({"beta": 0.1, "loss_type": "sigmoid", "learning_rate": 1e-6}, "DPO.*`beta: 0.1`, `loss_type: sigmoid`"),
        ({"beta": 0.1, "learning_rate": 1e-6}, "DPO, or a like trainer of preferences"),
        ({"desirable_weight": 1.0, "learning_rate": 1e-6}, "a recipe for KTO"),
    ],
)
def test_files_of_others_are_told(tmp_path: Path, settings: dict[str, object], sentence: str) -> None:
    with pytest.raises(RecipeError, match=sentence):
        read(trl_file(tmp_path, settings), "sft")


@pytest.mark.parametrize(
    ("settings", "method", "command"),
    [(GRPO, "sft", "distill grpo --from-trl"), (SFT, "grpo", "distill sft --from-trl")],
)
def test_a_file_for_the_other_method_names_its_command(
    tmp_path: Path, settings: dict[str, object], method: Method, command: str
) -> None:
    with pytest.raises(RecipeError, match=command):
        read(trl_file(tmp_path, settings), method)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        read(tmp_path / "none.yaml", "sft")


@pytest.mark.parametrize(
    ("head", "told"),
    [("# 2 nodes of 8 H100\n# more\n", "2 nodes of 8 H100"), ("# Model arguments\n", ""), ("", "")],
)
def test_a_head_that_names_the_machine_is_kept(tmp_path: Path, head: str, told: str) -> None:
    assert read(trl_file(tmp_path, SFT, head), "sft").head == told
