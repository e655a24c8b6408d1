import json
from pathlib import Path

import pytest

from distill.errors import RunError
from distill.sampling.prompts import Slice, import_prompts
from distill.store import RunFolder

Rows = list[dict[str, object]]


def rows_of(*numbers: int) -> Rows:
    return [{"id": f"q{i}", "prompt": f"What is {i} + 1?", "answer": str(i + 1)} for i in numbers]


def put(folder: Path, rows: Rows, share: str | None = None) -> RunFolder:
    file = folder / "prompts.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with RunFolder.open(folder / "run", print) as run:
        import_prompts(run, file, Slice.parse(share) if share else None)
    return run


def ids(run: RunFolder) -> set[str]:
    return {str(row["id"]) for row in run.prompts.rows()}


def test_a_file_with_all_prompts_and_more_lets_the_run_grow(tmp_path: Path) -> None:
    first = put(tmp_path, rows_of(0, 1)).manifest.stages["prompts"].settings["sha256"]
    run = put(tmp_path, rows_of(2, 1, 0))
    assert ids(run) == {"q0", "q1", "q2"}
    entry = run.manifest.stages["prompts"]
    assert (entry.settings["grown_from"], entry.counts, entry.is_done) == ([first], {"prompts": 3}, True)
    assert put(tmp_path, rows_of(2, 1, 0)).manifest.stages["prompts"] == entry


def test_what_stands_behind_the_prompts_is_to_be_done_again(tmp_path: Path) -> None:
    put(tmp_path, rows_of(0))
    with RunFolder.open(tmp_path / "run", print) as run:
        for stage in ("generate", "verify"):
            run.begin(stage, {"x": 1})
            run.finish(stage, {}, 1.0)
    put(tmp_path, rows_of(0, 1))
    with RunFolder.open(tmp_path / "run", print) as run:
        assert not run.begin("generate", {"x": 1}).is_done
        assert not run.begin("verify", {"x": 1}).is_done


def test_the_same_prompts_written_otherwise_change_nothing(tmp_path: Path) -> None:
    entry = put(tmp_path, rows_of(0, 1)).manifest.stages["prompts"]
    assert put(tmp_path, rows_of(1, 0)).manifest.stages["prompts"] == entry


def test_a_slice_grows_by_its_share_and_into_the_whole(tmp_path: Path) -> None:
    few, many = range(20), range(60)
    mine = {f"q{i}" for i in many if f"q{i}" in Slice.parse("1/2")}
    put(tmp_path, rows_of(*few), "1/2")
    assert ids(put(tmp_path, rows_of(*many), "1/2")) == mine
    run = put(tmp_path, rows_of(*many))
    assert ids(run) == {f"q{i}" for i in many}
    history = run.manifest.stages["prompts"].settings["grown_from"]
    assert isinstance(history, list)
    assert all(str(each).endswith(", slice 1/2") for each in history)
    with pytest.raises(RunError, match=r"lacks the prompt 'q\d+' and \d+ more, which .* holds"):
        put(tmp_path, rows_of(*many), "1/2")


def test_a_prompt_that_differs_is_named_with_what_differs(tmp_path: Path) -> None:
    put(tmp_path, rows_of(0, 1))
    changed = rows_of(0, 1, 2)
    changed[1]["answer"] = "7"
    with pytest.raises(
        RunError, match=r"has another prompt 'q1': answer '2' → '7', which .*run holds.*--restart prompts"
    ):
        put(tmp_path, changed)
    assert ids(RunFolder.at(tmp_path / "run")) == {"q0", "q1"}


def test_a_prompt_that_is_missing_is_named(tmp_path: Path) -> None:
    put(tmp_path, rows_of(0, 1))
    with pytest.raises(RunError, match="lacks the prompt 'q1', which"):
        put(tmp_path, rows_of(0, 2))


def test_prompts_without_a_manifest_are_taken_where_the_file_has_them(tmp_path: Path) -> None:
    put(tmp_path, rows_of(0, 1))
    manifest = tmp_path / "run" / "manifest.json"
    manifest.unlink()
    with pytest.raises(RunError, match="another prompt 'q0'"):
        put(tmp_path, [{**rows_of(0)[0], "answer": "9"}, *rows_of(1)])
    assert not manifest.exists()
    assert ids(put(tmp_path, rows_of(0, 1))) == {"q0", "q1"}
    assert manifest.exists()
