"""A dataset becomes a run again, with the samples that it kept, and is drawn further."""

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from distill.dataset.card_facts import CardFacts
from distill.dataset.pilot import read_pilot
from distill.dataset.row_builder import SAMPLE_COLUMNS
from distill.dataset.select import select
from distill.errors import RunError
from distill.recipe.sections import SelectSection
from distill.records import Verdict
from distill.rows.columns import Row
from distill.sampling.before import Before
from distill.sampling.policy import parse_policy
from distill.store import RunFolder
from distill.store.of_dataset import is_dataset, run_of_dataset
from tests.runs import Drawn, group, make_run

TESTS = '{"language": "python", "code": "assert add(1, 2) == 3"}'


def a_run(folder: Path, name: str = "first") -> RunFolder:
    groups = [
        group("q1", "pass 12", "fail 5", "pass 30"),
        group("q2", "fail 7", "fail 9"),
        group("q3", Drawn("pass", 8, "Think.", "def add(a, b): return a + b"), answer=None, tests=TESTS, domain="code"),
    ]
    return make_run(folder / name, groups)


def dataset_of(folder: Path, *runs: RunFolder, has_prompts: bool = True) -> Path:
    out = folder / "dataset"
    select(runs, out, SelectSection(policy="all(4)", filters=()))
    if not has_prompts:
        for prompts in out.glob("provenance/*/prompts"):
            shutil.rmtree(prompts)
    return out


def samples_of(run: RunFolder) -> dict[tuple[object, object], Row]:
    names = ("prompt_id", "index", *SAMPLE_COLUMNS)
    return {(row["prompt_id"], row["index"]): {name: row[name] for name in names} for row in run.samples.rows(names)}


def verdicts_of(run: RunFolder) -> dict[tuple[object, object], tuple[object, ...]]:
    names = ("prompt_id", "index", "outcome", "verifier", "reason")
    return {(row["prompt_id"], row["index"]): tuple(row[name] for name in names) for row in run.verdicts.rows(names)}


def test_what_was_kept_is_in_the_run_as_it_was(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    made = run_of_dataset(dataset_of(tmp_path, run), None, tmp_path / "again")
    kept = {("q1", 0), ("q1", 2), ("q3", 0)}
    assert samples_of(made) == {key: row for key, row in samples_of(run).items() if key in kept}
    assert verdicts_of(made) == {key: row for key, row in verdicts_of(run).items() if key in kept}


def test_all_prompts_are_there_though_some_have_no_row(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    made = run_of_dataset(dataset_of(tmp_path, run), None, tmp_path / "again")
    assert list(made.prompts.rows()) == list(run.prompts.rows())


def test_without_the_prompts_those_of_the_rows_are_there(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    made = run_of_dataset(dataset_of(tmp_path, run, has_prompts=False), None, tmp_path / "again")
    kept = [row | {"license": "apache-2.0"} for row in run.prompts.rows() if row["id"] != "q2"]  # as the Hub spells it
    assert sorted(made.prompts.rows(), key=lambda row: str(row["id"])) == kept


def test_the_same_dataset_is_selected_of_it(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path, a_run(tmp_path))
    made = run_of_dataset(dataset, None, tmp_path / "again")
    select([made], tmp_path / "second", SelectSection(policy="all(4)", filters=()))
    assert is_dataset(tmp_path / "second")
    assert {*samples_of(run_of_dataset(tmp_path / "second", None, tmp_path / "third"))} == {*samples_of(made)}


def test_its_settings_are_those_of_the_run_and_sampling_is_not_done(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    stages = run_of_dataset(dataset_of(tmp_path, run), None, tmp_path / "again").manifest.stages
    assert stages["generate"].settings == run.manifest.stages["generate"].settings
    assert not stages["generate"].is_done


def test_it_has_no_probes_since_its_first_samples_are_there_for_being_right(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    made = run_of_dataset(dataset_of(tmp_path, run), None, tmp_path / "again")
    policy = parse_policy("fixed(8)")
    assert Before(run, policy).spending.num_probes_decided == 6
    assert Before(made, policy).spending.num_probes_decided == 0


def test_one_of_several_runs_is_named(tmp_path: Path) -> None:
    first, second = a_run(tmp_path), make_run(tmp_path / "other", [group("q1", "pass 4", answer="5")])
    dataset = dataset_of(tmp_path, first, second)
    with pytest.raises(RunError, match=r"made of 2 runs \(first, other\); name one with --of"):
        run_of_dataset(dataset, None, tmp_path / "again")
    with pytest.raises(RunError, match="not made of a run third, but of first, other"):
        run_of_dataset(dataset, "third", tmp_path / "again")
    made = run_of_dataset(dataset, "other", tmp_path / "again")
    assert [*samples_of(made)] == [("q1", 0)], "which the dataset calls q1@other"


def test_runs_of_the_same_folder_name_have_one_name_each_in_all_of_a_dataset(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / where / "run", [group("q1", "pass 4", answer=answer)])
            for where, answer in (("a", "4"), ("b", "5"), ("c", "6"))]  # fmt: skip
    dataset = dataset_of(tmp_path, *runs)
    names = {"run", "run-2", "run-3"}
    rows = {row["run"]: row for row in pq.read_table(dataset / "data").to_pylist()}
    decisions = feather.read_table(dataset / "decisions.arrow").to_pylist()
    facts = CardFacts.model_validate_json((dataset / "selection.json").read_text())
    assert {path.name for path in (dataset / "provenance").iterdir()} == names
    assert [run.name for run in facts.runs] == [row["run"] for row in decisions] == sorted(names)
    assert {name: row["id"] for name, row in rows.items()} == {"run": "q1", "run-2": "q1@run-2", "run-3": "q1@run-3"}
    assert {row["run"]: row["prompt_id"] for row in decisions} == {name: row["id"] for name, row in rows.items()}
    for name, row in rows.items():
        made = run_of_dataset(dataset, name, tmp_path / f"again-{name}")
        assert [(sample["prompt_id"], sample["index"]) for sample in made.samples.rows()] == [("q1", 0)]
        assert [prompt["answer"] for prompt in made.prompts.rows()] == [row["answer"]]


def test_an_answer_that_was_voted_for_is_no_verdict(tmp_path: Path) -> None:
    answered = [Drawn("judge", 9, "So.", r"\boxed{4}") for _ in range(3)]
    run = make_run(tmp_path / "votes", [group("q1", *answered, answer=None)])
    select([run], tmp_path / "dataset", SelectSection(policy="all(4)", filters=(), vote_share=0.6))
    shutil.rmtree(tmp_path / "dataset" / "provenance" / "votes" / "prompts")
    made = run_of_dataset(tmp_path / "dataset", None, tmp_path / "again")
    assert [row["answer"] for row in made.prompts.rows()] == [None]
    assert {row["outcome"] for row in made.verdicts.rows()} == {"abstain"}


def test_no_unbiased_pass_rate_follows_from_samples_that_were_kept_since_they_were_right(tmp_path: Path) -> None:
    made = run_of_dataset(dataset_of(tmp_path, a_run(tmp_path)), None, tmp_path / "again")
    select([made], tmp_path / "out", SelectSection(filters=()))
    [table] = [pq.read_table(file) for file in (tmp_path / "out" / "data").glob("*.parquet")]
    assert set(table.column("probe_pass_rate").to_pylist()) == {None}
    with pytest.raises(RunError, match="began with the right samples of a dataset, so that no pass rate follows"):
        read_pilot([made.path])


def test_a_dataset_without_provenance_is_refused(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path, a_run(tmp_path))
    shutil.rmtree(dataset / "provenance")
    with pytest.raises(RunError, match="nothing says how its samples were drawn"):
        run_of_dataset(dataset, None, tmp_path / "again")


def test_made_once_it_stays(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path, a_run(tmp_path))
    first = run_of_dataset(dataset, None, tmp_path / "again")
    assert samples_of(run_of_dataset(dataset, None, tmp_path / "again")) == samples_of(first)
    with pytest.raises(RunError, match="exists already"):
        run_of_dataset(dataset, None, tmp_path / "first")


def test_verdicts_hold_no_time_that_nobody_measured(tmp_path: Path) -> None:
    made = run_of_dataset(dataset_of(tmp_path, a_run(tmp_path)), None, tmp_path / "again")
    verdicts = [Verdict.model_validate({k: v for k, v in row.items() if k not in ("prompt_id", "index")})
                for row in made.verdicts.rows()]  # fmt: skip
    assert {verdict.seconds for verdict in verdicts} == {0.0}
