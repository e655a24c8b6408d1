import pytest

from distill.rows.hub import parse_hub_id
from distill.training.from_trl.line import Settings
from distill.training.from_trl.rows import dataset_options, held_out_rows, prompts_command, prompts_option, trained_rows


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({"dataset_name": "a/b"}, "--dataset a/b"),
        ({"dataset_name": "a/b", "dataset_config": "default", "dataset_train_split": "train"}, "--dataset a/b"),
        (
            {"dataset_name": "a/b", "dataset_config": "hard", "dataset_train_split": "train_sft"},
            "--dataset a/b:hard@train_sft",
        ),
        ({"dataset_id_or_path": "rows.jsonl"}, "--dataset rows.jsonl"),
        (
            {"dataset_mixture": {"datasets": [{"id": "a/b", "config": "c", "split": "s"}, {"id": "d/e"}], "seed": 0}},
            "--dataset a/b:c@s --dataset d/e",
        ),
        ({"datasets": [{"path": "a/b", "name": "c"}]}, "--dataset a/b:c"),
        ({"dataset_mixer": {"a/b": 1.0, "d/e": 0.5}}, "--dataset a/b --dataset d/e"),
        ({}, "--dataset PATH"),
    ],
)
def test_a_files_data_is_named_as_the_command_takes_it(settings: Settings, options: str) -> None:
    assert dataset_options(settings) == options


def test_weights_of_a_mixture_are_known() -> None:
    mixture: Settings = {"dataset_mixture": {"datasets": [{"id": "a/b", "weight": 0.25}, {"id": "d/e", "weight": 1}]}}
    assert [rows.weight for rows in trained_rows(mixture)] == [0.25, 1.0]


def test_the_test_split_is_held_out() -> None:
    held_out = held_out_rows({"dataset_name": "a/b", "dataset_test_split": "test"})
    assert held_out is not None
    assert held_out.source == "a/b@test"
    assert parse_hub_id(held_out.source) == ("a/b", None, "test", None)
    assert held_out_rows({"dataset_name": "a/b"}) is None


def test_prompts_of_a_known_source_need_no_step_of_their_own() -> None:
    settings: Settings = {"dataset_name": "open-r1/OpenR1-Math-220k", "dataset_prompt_column": "problem"}
    assert prompts_command(settings) is None
    assert prompts_option(settings) == "--prompts openr1-math-220k"


def test_other_prompts_are_gathered_first() -> None:
    settings: Settings = {"dataset_name": "a/b", "dataset_config": "c", "dataset_prompt_column": "question"}
    settings["dataset_train_split"] = "s"
    assert prompts_command(settings) == "distill prompts a/b:c@s --out prompts.jsonl --map prompt=question"
    assert prompts_option(settings) == "--prompts prompts.jsonl"
