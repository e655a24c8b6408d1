"""What lies beside a dataset makes it again: prompts, settings, commands; and nothing of the machine goes with it."""

import json
import shlex
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from pydantic import JsonValue
from typer.testing import CliRunner

from distill.cli import app
from distill.dataset.commands import remaking_commands, select_command
from distill.dataset.provenance import plain_recipe
from distill.dataset.select import select
from distill.pipeline.recipe_run import run_recipe
from distill.recipe.recipe import Recipe, load_recipe
from distill.recipe.sections import SelectSection
from distill.rows.read import read_prompts
from distill.store import RunFolder
from tests.endpoint import Endpoint
from tests.runs import group, make_run


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def prompts_in(folder: Path) -> Path:
    rows = [{"id": f"q{n}", "prompt": f"What is {n} + 1?", "answer": str(n + 1), "license": "MIT"} for n in range(4)]
    (folder / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "prompts.jsonl"


def recipe(folder: Path, url: str) -> Recipe:
    tree = {
        "name": "toy",
        "run": folder / "run",
        "prompts": {"file": prompts_in(folder)},
        "teacher": {"model": "toy", "endpoints": [url], "headers": {"X-Me": "NOBODY"}, "weights": "/secret/weights"},
        "generate": {"policy": "fixed(2)", "system": "/no_think"},
        "card": {"name": "Sums", "tags": "sums"},
    }
    return Recipe.model_validate(tree)


def invoke(line: str, **places: str) -> str:
    """Run a line of a card as a user would who puts in where models answer."""
    for name, place in places.items():
        line = line.replace(name, place)
    _, *words = shlex.split(line)
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_same_runs_and_settings_give_the_same_bytes(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("a", "pass 10", "fail 10"), group("b", "pass 12")])
    for name in ("one", "two"):
        select([run], tmp_path / name / "set", SelectSection(held_out=0.5))
    assert files_of(tmp_path / "one" / "set") == files_of(tmp_path / "two" / "set")


def test_the_prompts_of_every_run_lie_beside_the_rows(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / where / "run", [group(where, "pass 10")]) for where in ("a", "b")]
    facts = select(runs, tmp_path / "set", SelectSection())
    assert [run.name for run in facts.runs] == ["run", "run-2"]
    kept = {name: tmp_path / "set" / "provenance" / name / "prompts" for name in ("run", "run-2")}
    assert {name: [prompt.id for prompt in read_prompts(place)] for name, place in kept.items()} == {
        "run": ["a"],
        "run-2": ["b"],
    }
    rows = pq.read_table(tmp_path / "set" / "data", columns=["id", "run"]).to_pylist()
    assert {row["id"]: row["run"] for row in rows} == {"a": "run", "b": "run-2"}


def test_nothing_of_the_machine_goes_with_a_dataset(tmp_path: Path) -> None:
    with Endpoint().running() as endpoint:
        run_recipe(recipe(tmp_path, endpoint.url))
        place = tmp_path / "run" / "dataset"
        texts = {name: content for name, content in files_of(place).items() if not name.endswith(".png")}
        for name, content in texts.items():
            for word in (str(tmp_path), endpoint.url, "/secret", "NOBODY"):
                assert word.encode() not in content, (name, word)
    kept = yaml.safe_load((place / "provenance" / "run" / "recipe.yaml").read_text())
    assert kept["prompts"] == {"file": "prompts"}
    assert kept["generate"]["system"] == "/no_think"
    assert kept["teacher"]["weights"] == "weights"
    assert set(kept) == {"name", "prompts", "teacher", "generate", "verify", "select"}
    stages = json.loads((place / "provenance" / "run" / "manifest.json").read_text())["stages"]
    assert list(stages) == ["prompts", "generate", "verify"]


def test_the_lines_of_a_card_make_the_dataset_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "few.json").write_text(json.dumps([{"role": "user", "content": "Hi"}]))
    (tmp_path / "wording.txt").write_text("{prompt}")
    first = (
        f"distill generate {prompts_in(tmp_path)} --run {tmp_path}/runs/toy --model toy --policy 'fixed(2)' "
        f"--endpoint URL --max-tokens 99 --seed 7 --stop END --few-shot {tmp_path}/few.json "
        f"--wording {tmp_path}/wording.txt --system Sum."
    )
    with Endpoint().running() as endpoint:
        invoke(first, URL=endpoint.url)
    invoke(f"distill select {tmp_path}/runs/toy --out {tmp_path}/set --policy 'all(1)' --filters repetition")
    lines = (tmp_path / "set" / "README.md").read_text().partition("```sh\n")[2].partition("\n```")[0].splitlines()
    monkeypatch.chdir(tmp_path / "set")
    with Endpoint().running() as endpoint:
        for line in lines:
            invoke(line, TEACHER_URL=endpoint.url)
    rows = [pq.read_table(folder / "data") for folder in (tmp_path / "set", tmp_path / "set" / "set")]
    assert rows[0].equals(rows[1])
    settings = [RunFolder.at(place / "runs" / "toy").manifest.stages["generate"].settings
                for place in (tmp_path, tmp_path / "set")]  # fmt: skip
    assert settings[0] == settings[1]


def test_the_recipe_beside_a_dataset_makes_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Endpoint().running() as endpoint:
        run_recipe(recipe(tmp_path, endpoint.url))
    place = tmp_path / "run" / "dataset"
    line, _ = (place / "README.md").read_text().partition("```sh\n")[2].partition("\n```")[0].splitlines()
    assert line == "distill run provenance/run/recipe.yaml run=runs/run 'teacher.endpoints=[TEACHER_URL]'"
    monkeypatch.chdir(place)
    with Endpoint().running() as endpoint:
        invoke(line, TEACHER_URL=endpoint.url)
    rows = [pq.read_table(folder / "data") for folder in (place, place / "runs" / "run" / "dataset")]
    assert rows[0].equals(rows[1])


def test_a_recipes_own_words_are_on_the_card_and_a_changed_one_writes_it_anew(tmp_path: Path) -> None:
    with Endpoint().running() as endpoint:
        asked = recipe(tmp_path, endpoint.url)
        run_recipe(asked)
        assert "# Sums\n" in (tmp_path / "run" / "dataset" / "README.md").read_text()
        run_recipe(asked.model_copy(update={"card": asked.card.model_copy(update={"name": "More sums"})}))
        assert endpoint.num_requests == 8
    assert "# More sums\n" in (tmp_path / "run" / "dataset" / "README.md").read_text()


def test_a_file_for_the_card_lies_beside_its_recipe(tmp_path: Path) -> None:
    (tmp_path / "card.md").write_text("Words.\n")
    (tmp_path / "toy.yaml").write_text(
        "name: toy\nprompts: {file: p.jsonl}\nteacher: {model: toy}\ncard: {file: card.md}\n"
    )
    assert load_recipe(str(tmp_path / "toy.yaml")).card.file == tmp_path / "card.md"


def test_a_judge_and_checks_are_in_the_lines(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("a", "pass 10")])
    judge: dict[str, JsonValue] = {
        "model": "wise one",
        "without_reference": "/home/me/mine.yaml",
        "votes": 3,
        "audit_share": 0.5,
    }
    with RunFolder.open(run.path, lambda _: None) as opened:
        opened.begin("verify", {"judge": judge, "tolerance": "reference-digits", "all_tests": True, "sandbox": "wasi"})
    generate, verify = remaking_commands("run", run.manifest, has_recipe=False)
    checks = (
        "--tolerance reference-digits --sandbox wasi --all-tests --judge 'wise one' --judge-endpoint JUDGE_URL "
        "--judge-template mine.yaml --votes 3 --audit 0.5"
    )
    assert verify == f"distill verify runs/run {checks}"
    assert generate.endswith(f"--temperature 0.6 --top-p 0.95 --max-tokens 100 {checks}")
    assert remaking_commands("run", run.manifest, has_recipe=True) == (
        "distill run provenance/run/recipe.yaml run=runs/run 'teacher.endpoints=[TEACHER_URL]' "
        "'verify.judge.endpoints=[JUDGE_URL]'",
    )


def test_a_selection_is_written_as_what_differs_from_the_usual() -> None:
    settings = SelectSection(rows=10, filters=("repetition",), mixture="/home/me/mine.yaml", max_pass_rate=0.5)
    assert select_command(["a", "b c"], settings, "set") == (
        "distill select runs/a 'runs/b c' --out set --set 'filters=[\"repetition\"]' --set max_pass_rate=0.5 "
        "--set mixture=mine.yaml --set rows=10"
    )


def test_a_run_without_a_recipe_has_none(tmp_path: Path) -> None:
    assert plain_recipe(tmp_path) is None
