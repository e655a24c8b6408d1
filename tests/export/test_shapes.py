"""The shape of each tool, against the rules that its documentation states."""

import json
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from distill.export import openai as openai_export
from distill.export.export import export, tool_of
from tests.export.planted import HELD_OUT, ROWS, Row, completion, row, turn, write
from tests.export.test_export import lines, one_file

TWICE = row("users", [turn("user", "2 + 2?"), turn("user", "Quickly!")])
"""Two turns of the user, one behind the other."""


def exported(tmp_path: Path, tool: str, *rows: Row) -> Path:
    export([one_file(tmp_path / "set", *rows)], tool_of(tool), tmp_path / tool)
    return tmp_path / tool


def reasons(folder: Path) -> list[object]:
    file = folder / "set_aside.jsonl"
    return [line["reason"] for line in lines(file)] if file.exists() else []


def obeys_openai(line: Row) -> bool:
    """OpenAI's guide on supervised fine-tuning: messages alone; roles; no empty content; assistants end; weights."""
    (messages,) = line.values() if set(line) == {"messages"} else ([],)
    assert isinstance(messages, list)
    weighted = [message for message in messages if "weight" in message]
    return (
        bool(messages)
        and messages[-1]["role"] == "assistant"
        and messages[-1].get("weight", 1) == 1
        and all(set(message) <= {"role", "content", "weight"} for message in messages)
        and all(message["role"] in ("system", "user", "assistant") and message["content"] for message in messages)
        and all(message["role"] == "assistant" and message["weight"] in (0, 1) for message in weighted)
    )


def test_openais_lines_obey_its_rules(tmp_path: Path) -> None:
    write(tmp_path / "dataset")
    export([str(tmp_path / "dataset")], tool_of("openai"), tmp_path / "out")
    train = lines(tmp_path / "out" / "train.jsonl")
    assert len(train) == len(ROWS)
    assert [line for line in train if not obeys_openai(line)] == []
    assert len((tmp_path / "out" / "train.jsonl").read_bytes().splitlines()) == len(ROWS)


def test_openai_learns_no_answer_of_the_prompt(tmp_path: Path) -> None:
    (turns,) = [each for each in ROWS if each["id"] == "turns"]
    (line,) = lines(exported(tmp_path, "openai", turns) / "train.jsonl")
    assert [message.get("weight") for message in line["messages"]] == [None, 0, None, None]  # type: ignore[attr-defined]


def test_openai_has_no_empty_system_and_no_other_empty_message(tmp_path: Path) -> None:
    silent = row("silent", [turn("system", ""), turn("user", "2 + 2?")])
    empty = row("empty", [turn("user", " ")])
    alone = row("alone", [turn("system", "Say something.")])
    out = exported(tmp_path, "openai", silent, empty, alone)
    assert [line["messages"][0]["role"] for line in lines(out / "train.jsonl")] == ["user"]  # type: ignore[index]
    assert reasons(out) == ["a message is empty, which OpenAI refuses", "no message is the user's"]


def test_openai_gets_nothing_that_it_would_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_export, "MAX_BYTES", 400)
    endless = row("endless", "?") | {"num_tokens": 65_536}
    out = exported(tmp_path, "openai", ROWS[0], endless, *ROWS[1:5])
    assert len((out / "train.jsonl").read_bytes()) <= 400
    assert set(reasons(out)) == {
        "it is longer than 65,536 tokens, where OpenAI cuts",
        "the file is full: it may have 0 MB",
    }


def test_openai_refuses_a_handful_of_rows_which_the_readme_says(tmp_path: Path) -> None:
    page = (exported(tmp_path, "openai", ROWS[0]) / "README.md").read_text()
    assert "train.jsonl: OpenAI refuses files of fewer than 10 rows" in page


@pytest.mark.parametrize("tool", ["llama-factory", "sharegpt"])
def test_readers_that_skip_what_does_not_alternate_never_see_it(tmp_path: Path, tool: str) -> None:
    ends = row("ends", [turn("user", "2 + 2?"), turn("assistant", "Well,")])
    late = row("late", [turn("user", "2 + 2?"), turn("system", "Be brief.")])
    out = exported(tmp_path, tool, ROWS[0], TWICE, ends, late)
    assert len(lines(out / "train.jsonl")) == 1
    assert reasons(out) == ["user and assistant do not take turns, which the tool's reader asks for"] * 3


@pytest.mark.parametrize("tool", ["axolotl", "openai"])
def test_others_take_two_turns_of_the_user(tmp_path: Path, tool: str) -> None:
    assert len(lines(exported(tmp_path, tool, TWICE) / "train.jsonl")) == 1


def test_sharegpt_has_its_own_names(tmp_path: Path) -> None:
    (terse,) = [each for each in ROWS if each["id"] == "terse"]
    (line,) = lines(exported(tmp_path, "sharegpt", terse) / "train.jsonl")
    assert line["conversations"] == [
        {"from": "system", "value": "You are terse."},
        {"from": "human", "value": "2 + 3?"},
        {"from": "gpt", "value": completion(terse)},
    ]


def test_axolotl_trains_the_last_turn_alone(tmp_path: Path) -> None:
    (turns,) = [each for each in ROWS if each["id"] == "turns"]
    (line,) = lines(exported(tmp_path, "axolotl", turns) / "train.jsonl")
    assert [message["train"] for message in line["messages"]] == [False, False, False, True]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("tool", "file", "key"), [("axolotl", "axolotl.yaml", "sequence_len"), ("llama-factory", "sft.yaml", "cutoff_len")]
)
def test_the_limit_is_the_longest_rows_and_a_tenth(tmp_path: Path, tool: str, file: str, key: str) -> None:
    longest = row("long", "?", "x" * 60_000) | {"num_tokens": 20_000}
    config = yaml.safe_load((exported(tmp_path, tool, ROWS[0], longest) / file).read_text(encoding="utf-8"))
    assert 22_000 < config[key] <= 24_576
    assert config[key] % 1024 == 0


@pytest.mark.parametrize(("tool", "file"), [("axolotl", "axolotl.yaml"), ("llama-factory", "sft.yaml")])
def test_a_dataset_without_a_test_split_is_not_evaluated(tmp_path: Path, tool: str, file: str) -> None:
    config = yaml.safe_load((exported(tmp_path, tool, ROWS[0]) / file).read_text(encoding="utf-8"))
    assert {"test_datasets", "eval_dataset"} & set(config) == set()


def test_verls_scripts_are_shell_and_stop_without_a_test_split_to_look_at_it(tmp_path: Path) -> None:
    out = exported(tmp_path, "verl", ROWS[0])
    for script in ("sft.sh", "rl.sh"):
        subprocess.run(["sh", "-n", str(out / script)], check=True)
        assert (out / script).stat().st_mode & 0o111
    assert "data.val_files=null" in (out / "sft.sh").read_text()
    assert "trainer.val_before_train=False" in (out / "rl.sh").read_text()


def test_verls_prompts_hold_all_that_checking_takes_and_no_nulls(tmp_path: Path) -> None:
    write(tmp_path / "dataset")
    export([str(tmp_path / "dataset")], tool_of("verl"), tmp_path / "out")
    found = pq.read_table(tmp_path / "out" / "rl" / "train.parquet").to_pylist()
    planted = {each["id"]: each for each in ROWS}
    assert len(found) == len(planted) - 1  # the poem
    for number, line in enumerate(found):
        extra, reward = line["extra_info"], line["reward_model"]
        about, reference = json.loads(extra["row"]), planted[extra["id"]]["reference"]
        assert isinstance(reference, dict)
        assert {name: about.get(name) for name in reference} == reference
        assert about["prompt"] == line["prompt"] == planted[extra["id"]]["prompt"]
        assert extra["index"] == number
        assert line["data_source"] == f"distill/{planted[extra['id']]['domain']}"
        assert isinstance(reward["ground_truth"], str)
        assert None not in (line["ability"], reward["style"], extra["split"])


def test_verl_gets_no_prompt_whose_reference_is_broken(tmp_path: Path) -> None:
    out = exported(tmp_path, "verl", ROWS[0], row("broken", "?", tests="{no JSON"))
    assert reasons(out) == ["its reference cannot be read"]


def test_held_out_rows_stay_held_out(tmp_path: Path) -> None:
    write(tmp_path / "dataset")
    export([str(tmp_path / "dataset")], tool_of("axolotl"), tmp_path / "out")
    assert [line["id"] for line in lines(tmp_path / "out" / "test.jsonl")] == [each["id"] for each in HELD_OUT]
