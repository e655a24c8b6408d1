"""Two datasets or two runs by name: what differs between them, read as anyone wrote them."""

import json
import re
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distill.dataset.changes import Changes, VerdictChange
from distill.dataset.detectors import Tools
from distill.dataset.select import select
from distill.dataset.versions import diff
from distill.errors import InputError, RunError
from distill.recipe.sections import SelectSection
from distill.store import RunFolder
from tests.runs import group, make_run

TOOLS = Tools(lambda _: "en", lambda one, other: one == other)
Rows = list[dict[str, object]]


def selected(out: Path, run: RunFolder, **settings: object) -> Path:
    select([run], out, SelectSection.model_validate(settings), tools=TOOLS)
    return out


def counts(found: Changes) -> dict[str, int]:
    total = found.total
    return {
        "kept": total.num_kept,
        "added": total.num_added,
        "gone": total.num_gone,
        "replaced": total.num_replaced,
        "replacing": total.num_replacing,
    }


def written(file: Path, rows: Rows) -> str:
    """Rows as a file of the format that its name says."""
    if file.suffix == ".jsonl":
        file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    else:
        pq.write_table(pa.Table.from_pylist(rows), file)
    return str(file)


def chat(*texts: str) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)]


def test_selections_of_one_run_under_other_settings_differ_by_those_and_their_rows(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("a", "pass 30", "pass 10"), group("b", "pass 9"), group("c", "pass 99")])
    found = diff(
        str(selected(tmp_path / "v1", run)), str(selected(tmp_path / "v2", run, policy="longest", max_tokens=50))
    )
    assert (found.kind, found.before, found.after) == ("dataset", "v1", "v2")
    assert counts(found) == {"kept": 1, "added": 0, "gone": 1, "replaced": 1, "replacing": 1}
    assert found.examples == {"gone": ("c",), "other traces": ("a",)}
    assert {each.name: (each.before, each.after) for each in found.settings} == {
        "select.policy": ("shortest", "longest"),
        "select.max_tokens": ("", "50"),
    }
    assert found.columns.added == found.columns.gone == ()
    assert found.total.tokens_after is not None
    assert found.total.tokens_after.mean == 19.5


def test_a_run_of_another_name_gives_the_same_rows(tmp_path: Path) -> None:
    for name in ("one", "other"):
        selected(tmp_path / f"of-{name}", make_run(tmp_path / name, [group("a", "pass 5"), group("b", "pass 7")]))
    found = diff(str(tmp_path / "of-one"), str(tmp_path / "of-other"))
    assert counts(found) == {"kept": 2, "added": 0, "gone": 0, "replaced": 0, "replacing": 0}
    assert found.settings == ()


def test_the_dataset_inside_a_run_is_called_by_the_runs_name(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("a", "pass 5")])
    selected(run.path / "dataset", run)
    assert diff(str(run.path / "dataset"), str(run.path / "dataset")).before == "run"


def test_a_dataset_that_lies_in_no_run_is_called_by_its_own_name(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("a", "pass 5")])
    selected(tmp_path / "dataset", run)
    found = diff(str(tmp_path / "dataset"), str(tmp_path / "dataset" / "data"))
    assert (found.before, found.after) == ("dataset", "dataset")


def test_runs_are_compared_sample_by_sample_with_their_verdicts(tmp_path: Path) -> None:
    one = make_run(
        tmp_path / "one", [group("a", "fail 5", "pass 6", "none 7"), group("b", "fail 4"), group("c", "pass 3")]
    )
    other = make_run(
        tmp_path / "other",
        [group("a", "pass 5", "pass 6", "fail 8"), group("b", "judge 4"), group("d", "pass 3")],
        policy="fixed(4)",
    )
    found = diff(str(one.path), str(other.path))
    assert found.kind == "run"
    assert counts(found) == {"kept": 3, "added": 1, "gone": 1, "replaced": 1, "replacing": 1}
    assert found.total.num_rewritten == 1
    assert set(found.verdicts) == {
        VerdictChange(before="fail", after="pass", num_same_text=1, num_other_text=0),
        VerdictChange(before="fail", after="abstain", num_same_text=1, num_other_text=0),
        VerdictChange(before="not verified", after="fail", num_same_text=0, num_other_text=1),
    }
    assert found.total.num_verdicts == found.domains["math"].num_verdicts == 3
    assert found.examples["another verdict"] == ("a", "b")
    assert [(each.name, each.before, each.after) for each in found.settings] == [
        ("generate.policy", "fixed(8)", "fixed(4)")
    ]


def test_pass_rates_of_runs_come_from_samples_that_no_policy_ends(tmp_path: Path) -> None:
    before = make_run(
        tmp_path / "before", [group("a", "pass 5", "fail 5", "fail 6")], policy="shortest_of(3, probes=2)"
    )
    after = make_run(tmp_path / "after", [group("a", "pass 5", "pass 5", "fail 6")], policy="shortest_of(3, probes=2)")
    rates = diff(str(before.path), str(after.path)).total.pass_rates
    assert rates is not None
    assert (rates.before, rates.after, rates.num_up, rates.num_down) == (0.5, 1.0, 1, 0)


def test_reworded_prompts_and_other_references_are_counted(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", [group("a", "pass 5"), group("b", "pass 5"), group("c", "pass 5")])
    reworded = [{"role": "user", "content": "How much is a?"}]
    groups = [group("a", "pass 5", prompt=reworded), group("b", "pass 5", answer="5"), group("c", "pass 5")]
    other = make_run(tmp_path / "other", groups)
    for found in (
        diff(str(one.path), str(other.path)),
        diff(str(selected(tmp_path / "v1", one)), str(selected(tmp_path / "v2", other))),
    ):
        assert (found.prompts.num_reworded, found.prompts.num_references) == (1, 1)
        assert found.examples == {"reworded": ("a",), "another reference": ("b",)}


def test_rows_of_an_earlier_version_of_distill_are_joined_by_id_and_text(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("a", "pass 5"), group("b", "pass 7")])
    now = selected(tmp_path / "now", run)
    then = tmp_path / "then"
    then.mkdir()
    [shard] = (now / "data").iterdir()
    table = pq.read_table(shard)
    gone = [name for name in ("language", "teacher", "sampling", "run", "sample_index") if name in table.column_names]
    pq.write_table(table.drop_columns(gone), then / "rows.parquet")
    found = diff(str(then), str(now))
    assert counts(found) == {"kept": 2, "added": 0, "gone": 0, "replaced": 0, "replacing": 0}
    assert set(found.columns.added) == set(gone)
    assert found.settings == ()


def test_rows_that_name_their_sample_tell_an_edited_text_from_another_trace(tmp_path: Path) -> None:
    def row(text: str, index: int) -> dict[str, object]:
        return {"id": "a", "completion": chat("", text)[1:], "run": "r", "sample_index": index, "verifier": "judge"}

    before = written(tmp_path / "before.parquet", [row("one", 0), row("two", 1)])
    after = written(tmp_path / "after.parquet", [row("one, edited", 0), row("three", 2) | {"verifier": "choice"}])
    found = diff(before, after)
    assert counts(found) == {"kept": 0, "added": 0, "gone": 0, "replaced": 2, "replacing": 2}
    assert found.total.num_rewritten == 1
    again = written(tmp_path / "again.parquet", [row("one", 0) | {"verifier": "choice"}, row("two", 1)])
    assert diff(before, again).verdicts == (
        VerdictChange(before="judge", after="choice", num_same_text=1, num_other_text=0),
    )


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl"])
def test_a_foreign_dataset_is_joined_by_what_was_asked(tmp_path: Path, suffix: str) -> None:
    rows = [{"question": f"What is {n}?", "solution": str(n), "level": n} for n in range(5)]
    changed = [*rows[1:4], rows[4] | {"solution": "five"}, {"question": "New?", "solution": "yes", "level": 0}]
    found = diff(written(tmp_path / f"v1{suffix}", rows), written(tmp_path / f"v2{suffix}", changed))
    assert counts(found) == {"kept": 3, "added": 1, "gone": 1, "replaced": 1, "replacing": 1}
    assert (
        found.joined_by == "Prompts are the same where `question` is, and rows where `solution`, `level` are as well."
    )
    assert found.examples["added"] == ("New?",)


@pytest.mark.parametrize("column", ["messages", "conversations"])
def test_a_conversation_is_a_prompt_with_its_last_message_as_the_trace(tmp_path: Path, column: str) -> None:
    before: Rows = [{column: chat("Hi", "Hello")}, {column: chat("Who?", "Me", "Why?", "So")}]
    after: Rows = [{column: chat("Hi", "Good day")}, {column: chat("Who?", "Me", "Why?", "So")}]
    found = diff(written(tmp_path / "v1.parquet", before), written(tmp_path / "v2.parquet", after))
    assert counts(found) == {"kept": 1, "added": 0, "gone": 0, "replaced": 1, "replacing": 1}
    assert found.examples == {"other traces": ("Hi",)}


def test_formats_do_not_matter(tmp_path: Path) -> None:
    rows: Rows = [{"id": "a", "prompt": "Hi", "completion": "Hello", "num_tokens": 3, "pass_rate": 0.5}]
    found = diff(written(tmp_path / "v1.parquet", rows), written(tmp_path / "v2.jsonl", rows))
    assert counts(found)["kept"] == 1
    assert found.total.pass_rates is not None
    assert found.columns.retyped == ()


def test_rows_in_which_no_column_asks_are_compared_as_wholes(tmp_path: Path) -> None:
    before = written(tmp_path / "v1.jsonl", [{"label": 1, "weight": 2.0}, {"label": 2, "weight": 2.0}])
    found = diff(before, written(tmp_path / "v2.jsonl", [{"label": 1, "weight": 2.0}, {"label": 3, "weight": 2.0}]))
    assert counts(found) == {"kept": 1, "added": 1, "gone": 1, "replaced": 0, "replacing": 0}
    assert found.examples == {}


def test_datasets_without_a_column_in_common_are_refused_with_their_columns(tmp_path: Path) -> None:
    one, other = written(tmp_path / "a.jsonl", [{"x": 1}]), written(tmp_path / "b.jsonl", [{"y": 1}])
    with pytest.raises(InputError, match=r"no column in common \(x; y\)"):
        diff(one, other)


def test_a_run_and_a_dataset_are_refused_with_the_place_of_the_runs_dataset(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("a", "pass 5")])
    rows = written(tmp_path / "rows.jsonl", [{"id": "a"}])
    with pytest.raises(InputError, match=re.escape(f"{run.path}/dataset")):
        diff(rows, str(run.path))


def test_a_damaged_file_a_missing_one_and_a_run_without_samples_are_named(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.parquet", [{"id": "a"}])
    (tmp_path / "torn.parquet").write_bytes(Path(whole).read_bytes()[:-9])
    with pytest.raises(InputError, match=r"torn\.parquet is no readable Parquet file"):
        diff(whole, str(tmp_path / "torn.parquet"))
    with pytest.raises(InputError, match=r"There is no file .*nothing\.parquet"):
        diff(whole, str(tmp_path / "nothing.parquet"))
    empty = make_run(tmp_path / "empty", [])
    with pytest.raises(RunError, match="has no samples yet"):
        diff(str(empty.path), str(empty.path))


def test_settings_of_runs_are_compared_whether_or_not_both_datasets_have_their_manifests(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", [group("a", "pass 5")], model="small")
    other = make_run(tmp_path / "other", [group("a", "pass 5")], model="large")
    v1, v2 = selected(tmp_path / "v1", one), selected(tmp_path / "v2", other)
    for name in ("run.generate.model", "run.teacher"):
        changed = {each.name: (each.before, each.after) for each in diff(str(v1), str(v2)).settings}
        assert changed[name] == ("small", "large")
        shutil.rmtree(v1 / "provenance", ignore_errors=True)


def test_a_damaged_selection_json_is_named(tmp_path: Path) -> None:
    out = selected(tmp_path / "v1", make_run(tmp_path / "run", [group("a", "pass 5")]))
    (out / "selection.json").write_text("[]")
    with pytest.raises(InputError, match=r"selection\.json is damaged"):
        diff(str(out), str(out))


def test_a_selection_tells_its_card_what_has_changed_since_the_version_it_replaces(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [group("a", "pass 5"), group("b", "pass 7")])
    selected(tmp_path / "out", run, rows=1)
    selected(tmp_path / "out", run, since=str(tmp_path / "out"))
    card = (tmp_path / "out" / "README.md").read_text()
    assert "## Since out" in card
    assert "1 rows became 2: 1 stayed, 1 came with new prompts" in card
    assert json.loads((tmp_path / "out" / "selection.json").read_text())["since"]["total"]["num_kept"] == 1
