"""Sources as commands read them that take prompts as they are."""

import json
from pathlib import Path

from distill.errors import InputError
from distill.prompts.normalise import SetAside
from distill.prompts.reader import read_source
from distill.records import Prompt


def write(path: Path, *rows: object) -> str:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return str(path)


def test_prompt_rows_of_a_file_stay_as_they_are(tmp_path: Path) -> None:
    (found,) = read_source(write(tmp_path / "own.jsonl", {"id": "1", "prompt": "Prove it.", "answer": "done"}))
    assert isinstance(found.prompt, Prompt)
    assert (found.prompt.id, found.prompt.source) == ("1", None)
    assert found.row["answer"] == "done"


def test_other_rows_are_mapped_or_it_is_said_why_not(tmp_path: Path) -> None:
    rows: list[object] = [
        {"question": "2+2?", "answer": "4"},
        {"question": "Why?", "answer": "so " * 200},
        {"answer": "4"},
        [],
    ]
    kinds = [type(found.prompt) for found in read_source(write(tmp_path / "rows.jsonl", *rows))]
    assert kinds == [Prompt, SetAside, InputError, InputError]
