import json
from pathlib import Path

import pytest

from distill.errors import InputError, RunError
from distill.references import Answer
from distill.training.held_out import check_prompts, read_written, write_prompts


def prompts(path: Path, *rows: dict[str, str]) -> str:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return str(path)


def test_prompts_lie_in_the_work_folder_as_they_were_read(tmp_path: Path) -> None:
    write_prompts(prompts(tmp_path / "p.jsonl", {"id": "a", "prompt": "2+2?", "answer": "4"}), tmp_path)
    (found,) = read_written(tmp_path)
    assert (found.id, found.messages[0].content, found.verifier) == ("a", "2+2?", "math_answer")


def test_what_no_verifier_can_decide_on_is_not_asked(tmp_path: Path) -> None:
    open_question, sum_ = {"prompt": "Why?"}, {"prompt": "2+2?", "answer": "4"}
    write_prompts(prompts(tmp_path / "p.jsonl", open_question, sum_), tmp_path)
    assert len(read_written(tmp_path)) == 1
    with pytest.raises(InputError, match=r"None of the 1 prompts of .* has a reference"):
        write_prompts(prompts(tmp_path / "p.jsonl", open_question), tmp_path)


def test_a_training_is_examined_on_the_same_prompts_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "p.jsonl"
    write_prompts(prompts(file, {"prompt": "2+2?", "answer": "4"}), tmp_path)
    write_prompts(prompts(file, {"prompt": "3+3?", "answer": "6"}), tmp_path)  # nothing is trained yet
    (tmp_path / "checkpoint-4").mkdir()
    write_prompts(str(file), tmp_path)
    with pytest.raises(RunError, match="was examined on other prompts"):
        write_prompts(prompts(file, {"prompt": "2+2?", "answer": "4"}), tmp_path)


def test_a_relative_path_begins_at_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    prompts(tmp_path / "p.jsonl", {"prompt": "2+2?", "answer": "4"})
    write_prompts("p.jsonl", tmp_path)
    with pytest.raises(InputError, match="begins at the working folder"):
        check_prompts("data/p.jsonl")  # it has the form of a Hub id, but ends as files do
    check_prompts("org/sums")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no file .*none\.jsonl"):
        write_prompts(str(tmp_path / "none.jsonl"), tmp_path)


def test_rows_of_other_forms_are_mapped_as_for_reinforcement_learning(tmp_path: Path) -> None:
    """The one reader of sources; a preset's copy is read as well."""
    questions = prompts(tmp_path / "q.jsonl", {"question": "2+2?", "answer": "So\n#### 4"})
    for name in (questions, f"gsm8k={questions}"):
        write_prompts(name, tmp_path)
        (found,) = read_written(tmp_path)
        assert (found.messages[0].content, found.reference) == ("2+2?", Answer(value="4"))
