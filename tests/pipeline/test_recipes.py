import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from distill.errors import DistillError
from distill.pipeline.checks import check
from distill.pipeline.recipe_run import run_recipe
from distill.recipe.recipe import Recipe
from distill.rows.dataset_rows import SCHEMA
from distill.store import RunFolder
from tests.endpoint import Endpoint


def recipe(folder: Path, endpoint: Endpoint) -> Recipe:
    """A run without a student."""
    rows = [{"id": f"q{i}", "prompt": f"What is {i} + 1?", "answer": str(i + 1), "license": "MIT"} for i in range(5)]
    rows.append({"id": "unsolved", "prompt": "What is 1 + 1?", "answer": "7"})
    (folder / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    tree = {
        "name": "toy",
        "run": folder / "run",
        "prompts": {"file": folder / "prompts.jsonl"},
        "teacher": {"model": "toy", "endpoints": [endpoint.url]},
        "generate": {"policy": "fixed(4)"},
    }
    return Recipe.model_validate(tree)


def test_the_dataset_holds_the_shortest_correct_trace_of_each_solved_prompt(tmp_path: Path) -> None:
    with Endpoint().running() as endpoint:
        run_recipe(recipe(tmp_path, endpoint))
    rows = load_dataset(str(tmp_path / "run" / "dataset"), split="train", cache_dir=str(tmp_path / "cache"))
    assert set(rows["id"]) == {f"q{i}" for i in range(5)}
    assert rows.column_names == SCHEMA.names
    row = next(row for row in rows if row["id"] == "q3")
    assert row["prompt"] == [{"role": "user", "content": "What is 3 + 1?"}]
    content = "<think>\n3 + 1\n</think>\n\nThe answer is \\boxed{4}."
    assert row["completion"] == [{"role": "assistant", "content": content}]
    assert (row["num_tokens"], row["pass_rate"], row["num_samples"], row["num_passed"]) == (10, 0.5, 4, 2)
    assert (row["teacher"], row["verifier"], row["answer"]) == ("toy", "math_answer", "4")


def test_the_card_states_what_was_counted(tmp_path: Path) -> None:
    with Endpoint().running() as endpoint:
        run_recipe(recipe(tmp_path, endpoint))
    card = (tmp_path / "run" / "dataset" / "README.md").read_text()
    for fact in ("| prompts | 6 |", "| samples | 24 |", "| passed | 10 |", "| failed | 14 |", "41.7%", "`fixed(4)`",
                 "temperature 0.6", "| `math_answer` | 10 (41.7%) | 14 (58.3%) | 0 (0.0%) |",
                 "| [mit](https://spdx.org/licenses/MIT.html) | not stated | 5 | 100.0% |",
                 "| prompts with a row | 5 (83.3%) |"):  # fmt: skip
        assert fact in card


def test_running_again_asks_and_writes_nothing(tmp_path: Path) -> None:
    with Endpoint().running() as endpoint:
        settings = recipe(tmp_path, endpoint)
        run_recipe(settings)
        before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*.parquet")}
        run_recipe(settings)
        assert endpoint.num_requests == 24
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*.parquet")} == before


def test_a_dataset_that_was_lost_is_made_again(tmp_path: Path) -> None:
    with Endpoint().running() as endpoint:
        settings = recipe(tmp_path, endpoint)
        run_recipe(settings)
        shard = next((tmp_path / "run" / "dataset" / "data").iterdir())
        before = pq.read_table(shard)
        (tmp_path / "run" / "dataset").rename(tmp_path / "elsewhere")
        run_recipe(settings)
    assert pq.read_table(shard).equals(before)


def test_the_manifest_tells_what_each_stage_did(tmp_path: Path) -> None:
    with Endpoint().running() as endpoint:
        run_recipe(recipe(tmp_path, endpoint))
    stages = RunFolder.at(tmp_path / "run").manifest.stages
    assert {name: dict(entry.counts) for name, entry in stages.items()} == {
        "prompts": {"prompts": 6},
        "generate": {"samples": 24},
        "verify": {"pass": 10, "fail": 14, "abstain": 0},
        "select": {
            "rows": 5,
            "prompts": 6,
            "left out, failed": 14,
            "left out, another sample of its prompt is preferred": 5,
        },
    }
    assert all(entry.is_done for entry in stages.values())


@pytest.mark.parametrize("name", ["recipe.yaml", "manifest.json", "prompts", "samples", "verdicts", "dataset"])
def test_a_run_folder_holds_what_the_design_says(tmp_path: Path, name: str) -> None:
    with Endpoint().running() as endpoint:
        run_recipe(recipe(tmp_path, endpoint))
    assert (tmp_path / "run" / name).exists()


def limited(loaded: Recipe, number: int) -> Recipe:
    return loaded.model_copy(update={"generate": loaded.generate.model_copy(update={"max_samples": number})})


def test_a_limit_leaves_the_stages_behind_it_undone_and_raising_it_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Endpoint().running() as endpoint:
        settings = recipe(tmp_path, endpoint)
        assert not run_recipe(limited(settings, 7))
        told = " ".join(capsys.readouterr().err.split())
        assert "Ended by max_samples: it holds 7 samples of at most 7." in told
        assert "toy: generate is not done, and verify, select wait for it." in told
        assert not (tmp_path / "run" / "dataset").exists()
        assert run_recipe(limited(settings, 1000))
        assert endpoint.num_requests == 24
    assert (tmp_path / "run" / "dataset").exists()


@pytest.mark.parametrize(
    ("section", "key", "value", "sentence"),
    [
        ("generate", "policy", "at_least(9, 8)", "can never pass"),
        ("generate", "max_cost", 5, "needs a price"),
        ("verify", "sandbox", "namespace", "There is no sandbox"),
        ("select", "policy", "shortets", "There is no selection policy"),
        ("select", "mixture", "r1-80k", "There is no recipe 'r1-80k'"),
        ("sft", "recipe", "smollm-135m", "There is no recipe 'smollm-135m'"),
        ("sft", "overrides", ["eval_strategy=epoch", "distill.held_out.prompts=no.jsonl"], "There is no file no.jsonl"),
        ("eval", "file", "no.jsonl", "There is no file"),
    ],
)
def test_what_a_later_stage_would_refuse_is_refused_before_anything_is_bought(
    tmp_path: Path, section: str, key: str, value: object, sentence: str
) -> None:
    tree = recipe(tmp_path, Endpoint()).model_dump(exclude_none=True)
    required = {"sft": {"recipe": "smollm2-135m"}}.get(section, {})
    tree[section] = {**required, **tree.get(section, {}), key: value}
    with pytest.raises(DistillError, match=sentence):
        check(Recipe.model_validate(tree))
