"""factory ─▶ push ─▶ pull ─▶ verify, and the pulled dataset as a run again: a row of each domain, by the commands."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distill.dataset.select import select
from distill.recipe.sections import SelectSection
from distill.store import RunFolder
from distill.verifiers.verify import verify_run
from tests.hub.server import Hub
from tests.hub.shell import PLAIN, XET, Shell
from tests.runs import make_run
from tests.verifiers.test_dataset_again import DOMAINS, SETTINGS, drawn, prompt

NUMBERS = [2, 3, 5]
SCORER = {"package": "reasoning-gym", "task": "countdown", "entry": {"metadata": {"numbers": NUMBERS, "target": 21}}}
PUZZLE = prompt("puzzle", drawn("<answer>3*(5 + 2)</answer>"), drawn("<answer>3*5</answer>"), scorer=SCORER)


def factory(folder: Path) -> Path:
    run = make_run(folder / "run", [*DOMAINS, PUZZLE])
    with RunFolder.open(run.path, lambda _: None) as opened:
        verify_run(opened, SETTINGS)
    settings = SelectSection(policy="all", filters=(), vote_share=0.6, held_out=0.3)
    select([RunFolder.at(run.path)], folder / "made", settings)
    return folder / "made"


def rows_in(dataset: Path) -> list[dict[str, object]]:
    files = sorted(dataset.glob("data/*.parquet"))
    return list(pa.concat_tables(pq.read_table(file) for file in files).to_pylist())


@pytest.mark.slow
@pytest.mark.parametrize("how", [PLAIN, XET], ids=["plain", "xet"])
def test_what_was_pushed_is_pulled_checked_and_drawn_further(
    tmp_path: Path, hub: Hub, shell: Shell, how: dict[str, str]
) -> None:
    made, pulled, verdicts = factory(tmp_path), tmp_path / "pulled", tmp_path / "verdicts.jsonl"
    assert {row["domain"] for row in rows_in(made)} == {"math", "stem", "code", "general", "logic"}
    assert shell.run("push", made, "me/traces", **how).code == 0
    assert shell.run("pull", "me/traces", "--out", pulled, **how).code == 0
    assert rows_in(pulled) == rows_in(made)

    checked = shell.run("verify", pulled, "--out", verdicts)
    assert checked.code == 0, checked.err
    lines = [json.loads(line) for line in verdicts.read_text().splitlines()]
    assert [(line["id"], line["outcome"], line["changed"]) for line in lines] == [
        (row["id"], "pass", False) for row in rows_in(made)
    ]

    assert shell.run("extend", pulled, "--out", tmp_path / "again").code == 0
    settings = SelectSection(policy="all", filters=(), vote_share=0.6)
    select([RunFolder.at(tmp_path / "again")], tmp_path / "second", settings)
    assert key_of(tmp_path / "second") == key_of(made)

    select([RunFolder.at(tmp_path / "run")], pulled, settings)
    assert key_of(pulled) == key_of(made)
    assert not (pulled / "distill.json").exists(), "what says which push a folder was goes with that folder"


def key_of(dataset: Path) -> set[tuple[object, ...]]:
    """Which samples are rows, with their texts and by what they are right; votes are counted without the losers."""
    names = ("id", "sample_index", "verifier", "num_tests", "seed", "finish_reason")
    return {(*(row[name] for name in names), json.dumps(row["messages"])) for row in rows_in(dataset)}
