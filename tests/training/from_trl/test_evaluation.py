from pathlib import Path

import pytest
import yaml

from distill.training.from_trl.convert import convert
from tests.training.from_trl.files import SFT, trl_file

EVALUATED = {"eval_strategy": "steps", "eval_steps": 50, "per_device_eval_batch_size": 4, "do_eval": True}


@pytest.mark.parametrize("key", ["eval_strategy", "evaluation_strategy"])
def test_a_named_split_is_held_out(tmp_path: Path, key: str) -> None:
    changes = EVALUATED | {"eval_strategy": None, key: "steps", "dataset_test_split": "test"}
    found = yaml.safe_load(convert(trl_file(tmp_path, SFT | changes), "sft").text)
    assert found["distill"]["held_out"] == {"rows": "somebody/sums:hard@test"}
    assert (found["eval_strategy"], found["eval_steps"], found["per_device_eval_batch_size"]) == ("steps", 50, 4)


def test_a_share_of_a_mixture_is_held_out(tmp_path: Path) -> None:
    mixture = {"datasets": [{"id": "a/b"}, {"id": "c/d"}], "test_split_size": 0.02}
    changes = EVALUATED | {"dataset_name": None, "dataset_config": None, "dataset_mixture": mixture}
    found = yaml.safe_load(convert(trl_file(tmp_path, SFT | changes), "sft").text)
    assert found["distill"]["held_out"] == {"share": 0.02}


def test_without_rows_nothing_is_evaluated_and_that_is_said(tmp_path: Path) -> None:
    converted = convert(trl_file(tmp_path, SFT | EVALUATED), "sft")
    assert "eval_steps" not in yaml.safe_load(converted.text)
    reasons = {one.key: one.reason for one in converted.left_out}
    assert "distill.held_out.share" in reasons["eval_strategy"]
    assert "eval_steps" in reasons


def test_rows_may_be_named_on_the_command_line(tmp_path: Path) -> None:
    found = convert(trl_file(tmp_path, SFT | EVALUATED), "sft", overrides=["distill.held_out.share=0.01"])
    assert yaml.safe_load(found.text)["distill"]["held_out"] == {"share": 0.01}
    assert yaml.safe_load(found.text)["eval_steps"] == 50
