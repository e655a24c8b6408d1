"""Presets and published rows. The rows are ours, in the datasets' published columns."""

import base64
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from distill.errors import HubError, InputError, RecipeError
from distill.evaluation.benchmarks import load_benchmark, short_name, write_prompts
from distill.prompts.sources.source import parse_source
from distill.recipe.loading import recipes_folder
from distill.records import Prompt, Sampling
from distill.references import Answer, AssertTests, Choice, StdinTests
from distill.rows.read import read_prompts

NAMES = sorted(file.stem for file in (recipes_folder() / "benchmarks").glob("*.yaml"))
NUM_SAMPLES = {
    "aime-2024": 64, "aime-2025": 64, "gpqa-diamond": 64, "math-500": 16, "livecodebench-v5": 8, "livecodebench-v6": 8,
}  # fmt: skip


DATA = Path(__file__).parents[1] / "data"
FROZEN: dict[str, list[dict[str, Any]]] = yaml.safe_load((DATA / "benchmarks.yaml").read_text())


def prompt_or_none(name: str, row: dict[str, object], **changes: object) -> Prompt | None:
    benchmark = load_benchmark(name).model_copy(update=changes)
    return benchmark.prompt(row, parse_source(benchmark.source, {}).preset)


def prompt_of(name: str, row: dict[str, object], **changes: object) -> Prompt:
    found = prompt_or_none(name, row, **changes)
    assert found is not None
    return found


def asked(prompt: Prompt) -> str:
    return prompt.messages[-1].content


def test_the_benchmarks_of_the_paper_and_the_usual_others_are_there() -> None:
    others = {"gsm8k", "human-eval", "ifeval", "mbpp", "mmlu", "mmlu-pro"}
    assert set(NAMES) == NUM_SAMPLES.keys() | others


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_samples_as_the_paper_does(name: str) -> None:
    benchmark = load_benchmark(name)
    assert benchmark.sampling == Sampling(temperature=0.6, top_p=0.95, max_tokens=32768)
    assert benchmark.num_samples == NUM_SAMPLES.get(name, benchmark.num_samples)
    text = (recipes_folder() / "benchmarks" / f"{name}.yaml").read_text()
    assert text.startswith("#")
    assert "arXiv 2501.12948" in text


@pytest.mark.parametrize("name", NAMES)
def test_what_is_asked_and_what_counts_as_right_stay_as_they_are(name: str) -> None:
    for case in FROZEN[name]:
        prompt = prompt_of(name, case["row"])
        assert asked(prompt) == case["asked"]
        assert prompt.reference is not None
        assert prompt.reference.model_dump(mode="json", exclude_defaults=True) == case["reference"]


def gpqa(record: str) -> dict[str, object]:
    wrong = {f"Incorrect Answer {n}": f"wrong {n}" for n in (1, 2, 3)}
    return {"Record ID": record, "Question": "Which?", "Correct Answer": "right\n", **wrong}


def test_gpqa_is_shuffled_by_seed_and_question_and_the_letter_follows() -> None:
    found = [prompt_of("gpqa-diamond", gpqa(f"rec{n}")).reference for n in range(40)]
    letters = [choice.answer for choice in found if isinstance(choice, Choice)]
    assert set(letters) == set("ABCD")
    for choice in found:
        assert isinstance(choice, Choice)
        assert choice.choices["ABCD".index(choice.answer)] == "right"
    assert found == [prompt_of("gpqa-diamond", gpqa(f"rec{n}")).reference for n in range(40)]
    assert found != [prompt_of("gpqa-diamond", gpqa(f"rec{n}"), shuffle_seed=1).reference for n in range(40)]


def test_choices_are_shown_with_letters_as_the_reference_has_them() -> None:
    prompt = prompt_of("gpqa-diamond", gpqa("rec1"))
    assert isinstance(prompt.reference, Choice)
    assert f"{prompt.reference.answer}) right" in asked(prompt)


def test_mmlu_counts_its_answer_from_zero_and_mmlu_pro_names_a_letter() -> None:
    mmlu = prompt_of("mmlu", {"question": "Which?", "subject": "x", "choices": ["a", "b"], "answer": 1})
    pro = {"question_id": 7, "question": "Which?", "options": ["a", "b"], "answer": "B", "answer_index": 1}
    assert mmlu.reference == Choice(answer="1", choices=("a", "b"))
    assert prompt_of("mmlu-pro", pro).reference == Choice(answer="B", choices=("a", "b"))


def packed(value: object) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode()


def live_code_bench(**columns: object) -> dict[str, object]:
    public = [{"input": "1\n", "output": "2\n", "testtype": "stdin"}]
    private = [{"input": "3\n", "output": "4\n", "testtype": "stdin"}]
    row = {
        "question_id": "abc",
        "question_content": "Add one.",
        "starter_code": "",
        "contest_date": "2024-10-05T00:00:00",
    }
    tests = {"public_test_cases": json.dumps(public), "private_test_cases": packed(json.dumps(private))}
    return {**row, **tests, "metadata": "{}", **columns}  # fmt: skip


def test_livecodebench_unpacks_its_private_tests() -> None:
    reference = prompt_of("livecodebench-v5", live_code_bench()).reference
    assert isinstance(reference, StdinTests)
    assert [(case.stdin, case.stdout) for case in reference.cases] == [("1\n", "2\n"), ("3\n", "4\n")]


@pytest.mark.parametrize(("date", "is_in"), [("2024-07-31", False), ("2024-08-01", True), ("2025-02-01", False)])
def test_livecodebench_v5_is_the_papers_window(date: str, is_in: bool) -> None:
    found = prompt_or_none("livecodebench-v5", live_code_bench(contest_date=f"{date}T00:00:00"))
    assert (found is not None) is is_in


@pytest.mark.parametrize(
    ("private", "problem"),
    [
        (packed(Path("x")), "it should hold text alone"),
        ("%%%", "cannot be unpacked"),
        (packed({"a": 1}), "it should hold text alone"),
        (packed('{"a": 1}'), "should be a list"),
    ],
)
def test_a_pickle_that_is_more_than_text_is_refused(private: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        prompt_of("livecodebench-v5", live_code_bench(private_test_cases=private))


def test_human_eval_comes_from_the_installed_package(tmp_path: Path) -> None:
    file = write_prompts(load_benchmark("human-eval"), tmp_path)
    found = list(read_prompts(file))
    assert len(found) == 164
    assert all(isinstance(prompt.reference, AssertTests) and prompt.reference.entry_point for prompt in found)
    assert asked(found[0]).startswith("Complete this Python function.")


def test_a_file_of_prompt_rows_is_asked_as_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text('{"id": "a", "prompt": "1+1?", "answer": "2"}\n{"id": "b", "prompt": "2+2?", "answer": "4"}\n')
    written = write_prompts(load_benchmark(str(file)), tmp_path / "out")
    assert [asked(prompt) for prompt in read_prompts(written)] == ["1+1?", "2+2?"]
    first = write_prompts(load_benchmark(str(file)), tmp_path / "out", limit=1)
    assert [prompt.id for prompt in read_prompts(first)] == ["a"]
    assert first != written


def test_a_benchmark_is_read_from_a_local_copy(tmp_path: Path) -> None:
    folder = tmp_path / "lr=1"
    folder.mkdir()
    file = folder / "rows.jsonl"
    file.write_text('{"question": "1+1?", "answer": "#### 2"}\n')
    name = f"gsm8k={file}"
    found = list(read_prompts(write_prompts(load_benchmark(name), tmp_path / "out")))
    assert [(prompt.reference, prompt.source) for prompt in found] == [(Answer(value="2"), "GSM8K")]
    assert (short_name(name), short_name(str(file)), short_name("mine/gsm8k.yaml")) == ("gsm8k", "rows", "gsm8k")


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    for answer in ("2", "3"):
        file.write_text(f'{{"id": "a", "prompt": "1+1?", "answer": "{answer}"}}\n')
        written = write_prompts(load_benchmark(str(file)), tmp_path / "out")
        assert next(iter(read_prompts(written))).reference == Answer(value=answer)


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        ("aime-2024", {"id": 1, "question": "?"}, "no prompt in problem; its columns are id, question"),
        ("aime-2024", {"id": 1, "problem": "?"}, "nothing to check an answer against; its columns are id, problem"),
        ("gpqa-diamond", {"Record ID": "a", "Question": "?", "Incorrect Answer 1": "x"}, "no `answer`"),
        ("mbpp", {"text": "Add.", "test_list": []}, "no prompt in text, test_list"),
        ("human-eval", {"task_id": "a", "prompt": "?"}, "nothing to check an answer against"),
        ("livecodebench-v5", {"question_content": "?"}, "no date in contest_date"),
        ("ifeval", {"prompt": "?", "instruction_id_list": ["a"], "kwargs": []}, "lists of one length"),
    ],
)
def test_a_row_with_other_columns_is_named(name: str, row: dict[str, object], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        prompt_of(name, row)


def test_a_bad_row_names_its_place(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text('{"id": "a", "prompt": "1+1?", "answer": "2"}\n{"id": "b"}\n')
    with pytest.raises(InputError, match="row 2: it has no prompt in prompt; its columns are id"):
        write_prompts(load_benchmark(str(file)), tmp_path)


def test_what_is_no_benchmark_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="human-eval"):
        load_benchmark("human_evil")
    with pytest.raises(InputError, match="There is no file"):
        write_prompts(load_benchmark("nowhere.jsonl"), tmp_path)
    other = load_benchmark("gsm8k").model_copy(update={"source": "gsm9k"})
    with pytest.raises(InputError, match="no source 'gsm9k'"):
        write_prompts(other, tmp_path)


def test_a_hub_that_does_not_answer_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    with pytest.raises(HubError, match="cannot be read"):
        write_prompts(load_benchmark("aime-2024"), tmp_path)
