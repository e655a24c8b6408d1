"""Every export as the tool's own code reads it: trained are reasoning and answer, whole, and nothing of the prompt.

The same number of rows comes out as went in. What a tool's template writes behind an answer, its end, is cut off here.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from pydantic import JsonValue

from distill.export.export import export, tool_of
from tests.cli.test_serve_verifier import serving
from tests.export.environments import read_by
from tests.export.planted import HELD_OUT, ROWS, Row, completion, tiny_tokenizer, write

pytestmark = pytest.mark.slow
END = "<|im_end|>"
CHECKED = [row for row in ROWS if row["id"] != "poem"]
"""Only a judge could tell whether a poem is right."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset and a tokenizer; its name has a blank and a letter that is not ASCII."""
    folder = tmp_path_factory.mktemp("exports") / "mein Ordner ü"
    folder.mkdir()
    write(folder / "dataset")
    tiny_tokenizer(folder / "tokenizer")
    return folder


def exported(place: Path, tool: str) -> Path:
    out = place / tool
    export([str(place / "dataset")], tool_of(tool), out)
    return out


def texts(rows: Sequence[Row]) -> list[str]:
    return [completion(row) for row in rows]


def without_end(trained: list[JsonValue]) -> list[str]:
    return [str(text).strip().removesuffix(END) for text in trained]


def test_axolotl_trains_every_completion_and_nothing_else(place: Path) -> None:
    """Of ShareGPT's lines, which cannot say what is learnt, earlier answers are learnt as well."""
    ours, sharegpt = exported(place, "axolotl") / "axolotl.yaml", place / "sharegpt.yaml"
    lines = {
        "path": str(exported(place, "sharegpt") / "train.jsonl"),
        "type": "chat_template",
        "split": "train",
        "field_messages": "conversations",
        "message_property_mappings": {"role": "from", "content": "value"},
    }
    config = yaml.safe_load(ours.read_text(encoding="utf-8")) | {"datasets": [lines]}
    sharegpt.write_text(yaml.safe_dump(config))
    found = read_by("axolotl", place / "tokenizer", ours, sharegpt, cache=place / "hf")
    assert without_end(found["axolotl.yaml datasets"]) == texts(ROWS)
    assert without_end(found["axolotl.yaml test_datasets"]) == texts(HELD_OUT)
    assert all(str(text).endswith(END) for text in found["axolotl.yaml datasets"])
    wanted = [f"EARLIER 2{END}{text}" if "Two times two" in text else text for text in texts(ROWS)]
    assert without_end(found["sharegpt.yaml datasets"]) == wanted


def test_llama_factory_trains_every_completion_and_nothing_else(place: Path) -> None:
    config = exported(place, "llama-factory") / "sft.yaml"
    found = read_by("llama-factory", place / "tokenizer", config, "qwen3", "qwen", cache=place / "hf")
    for template in ("qwen3", "qwen"):
        assert without_end(found[f"{template} dataset"]) == texts(ROWS)
        assert without_end(found[f"{template} eval_dataset"]) == texts(HELD_OUT)


@pytest.fixture(scope="module")
def verl(place: Path) -> dict[str, list[JsonValue]]:
    """What verl trains on, and how it rewards the completions of rows and a wrong answer: verifiers are running."""
    wrong = "<think>\nNo idea.\n</think>\n\nno idea, sorry: \\boxed{77}"
    answers = place / "answers.json"
    answers.write_text(json.dumps({str(row["id"]): [completion(row), wrong] for row in CHECKED}))
    with serving("--workers", "1") as (_, address), pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISTILL_VERIFIER", address)
        return read_by("verl", place / "tokenizer", exported(place, "verl"), answers, cache=place / "hf")


def test_verl_trains_every_completion_but_those_behind_earlier_answers(verl: dict[str, list[JsonValue]]) -> None:
    assert without_end(verl["train"]) == texts([row for row in ROWS if row["id"] != "turns"])
    assert without_end(verl["val"]) == texts(HELD_OUT)


def test_verl_reinforces_each_prompt_once_and_rewards_what_the_verifiers_pass(verl: dict[str, list[JsonValue]]) -> None:
    prompts = {row["id"]: row["prompt"] for row in CHECKED}
    assert [(row["id"], row["prompt"]) for row in objects(verl["rl"])] == list(prompts.items())
    scores = {row["id"]: [one["score"] for one in objects(row["scores"])] for row in objects(verl["rl"])}
    assert scores == {row_id: [1.0, 0.0] for row_id in prompts}


def objects(values: JsonValue) -> list[dict[str, JsonValue]]:
    assert isinstance(values, list)
    return [value for value in values if isinstance(value, dict)]


def test_trl_reads_openais_lines_as_conversations(place: Path) -> None:
    from datasets import load_dataset
    from transformers import AutoTokenizer
    from trl.data_utils import apply_chat_template, is_conversational

    tokenizer = AutoTokenizer.from_pretrained(place / "tokenizer")
    file = str(exported(place, "openai") / "train.jsonl")
    rows = list(load_dataset("json", data_files=file, split="train", cache_dir=str(place / "cache")))
    assert all(is_conversational(row) for row in rows)
    shown = [apply_chat_template(row, tokenizer)["text"] for row in rows]
    assert [text.rpartition("<|im_start|>assistant\n")[2].strip().removesuffix(END) for text in shown] == texts(ROWS)
