import json
from pathlib import Path

import pytest

from distill.errors import InputError
from distill.records import Message
from distill.rows.few_shot import read_few_shot

PAIR = {"prompt": "1 + 1?", "completion": "2"}
TURNS = [{"role": "user", "content": "1 + 1?"}, {"role": "assistant", "content": "2"}]
READ = tuple(Message.model_validate(turn) for turn in TURNS)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(TURNS),
        json.dumps([PAIR], indent=2),
        json.dumps(PAIR) + "\n",
        "\n".join(map(json.dumps, TURNS)) + "\n\n",
        "\ufeff" + json.dumps(TURNS),
    ],
)
def test_examples_are_read_in_any_of_their_forms(tmp_path: Path, text: str) -> None:
    file = tmp_path / "shots.json"
    file.write_text(text, encoding="utf-8")
    assert read_few_shot(file) == READ


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "holds no examples"),
        ("[]", "holds no examples"),
        ('{"role": "user"', "should hold a JSON array, or a JSON object a line"),
        ('[{"question": "x"}]', "example 1 should read"),
        (json.dumps(TURNS[0]) + '\n{"role": "robot", "content": "x"}', "example 2 should read"),
        ('"text"', "example 1 should read"),
    ],
)
def test_anything_else_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "shots.jsonl"
    file.write_text(text)
    with pytest.raises(InputError, match=sentence):
        read_few_shot(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        read_few_shot(tmp_path / "no.json")
