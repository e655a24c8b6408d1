import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from distill.errors import RunError
from distill.rows import columns as schemas
from distill.rows.columns import Row
from distill.store import RunFolder
from distill.store.manifest import read_manifest


def ignore(sentence: str) -> None:
    """For tests that do not listen."""


def test_a_stage_is_entered_again_under_the_same_settings(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run", ignore) as run:
        run.begin("prompts", {"sha256": "a"})
        run.finish("prompts", {"prompts": 0}, 1.5)
        entry = run.begin("prompts", {"sha256": "a"})
    assert entry.is_done
    assert entry.counts == {"prompts": 0}
    assert entry.seconds == 1.5


def sample(index: int = 0, finish_reason: str = "stop") -> Row:
    return dict.fromkeys(schemas.SAMPLES.names) | {"prompt_id": "q", "index": index, "finish_reason": finish_reason}


def test_changed_settings_are_named_with_the_ways_out(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run", ignore) as run:
        run.begin("generate", {"policy": "fixed(4)", "model": "r1"})
        run.samples.append(sample())
        run.samples.flush()
        with pytest.raises(RunError, match=r"\(policy: 'fixed\(4\)' → 'fixed\(8\)'\).*--restart generate"):
            run.begin("generate", {"policy": "fixed(8)", "model": "r1"})


def test_a_change_before_a_stage_is_a_change_of_the_stage(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run", ignore) as run:
        run.begin("prompts", {"sha256": "a"})
        run.begin("generate", {"policy": "fixed(4)"})
    manifest = read_manifest(tmp_path / "run")
    with RunFolder.open(tmp_path / "other", ignore) as run:
        run.begin("prompts", {"sha256": "b"})
        entry = run.begin("generate", {"policy": "fixed(4)"})
    assert entry.digest != manifest.stages["generate"].digest


def test_a_cheap_stage_starts_anew_under_changed_settings(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run", ignore) as run:
        run.begin("select", {"policy": "shortest"}, is_cheap=True)
        run.finish("select", {"rows": 3}, 1.0)
        entry = run.begin("select", {"policy": "longest"}, is_cheap=True)
    assert not entry.is_done


def test_restarting_a_stage_moves_its_rows_aside_and_forgets_what_follows(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run", ignore) as run:
        run.begin("prompts", {})
        run.begin("generate", {"policy": "fixed(4)"})
        run.begin("verify", {})
        moved = run.restart("generate")
        assert list(run.manifest.stages) == ["prompts"]
    assert [path.name for path in moved] == ["samples.old-1", "verdicts.old-1"]


def test_settings_of_a_stage_that_has_made_no_row_are_simply_taken(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run", ignore) as run:
        run.begin("prompts", {"sha256": "a"})
        run.begin("generate", {"model": "r2"})
        run.begin("prompts", {"sha256": "b"})
        assert run.begin("generate", {"model": "r1"}).settings == {"model": "r1"}


def test_a_stage_that_grows_keeps_what_it_made_and_undoes_what_follows(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run", ignore) as run:
        for stage in ("prompts", "generate", "verify", "select"):
            run.begin(stage, {"asked": 1})
            run.finish(stage, {}, 1.0)
        before = run.manifest.stages
        run.grow("generate", {"asked": 2}, "1")
        after = run.manifest.stages
        assert [name for name, entry in after.items() if entry.is_done] == ["prompts"]
        assert after["generate"].settings == {"asked": 2, "grown_from": ["1"]}
        assert after["generate"].digest != before["generate"].digest
        assert not run.begin("generate", {"asked": 2}).is_done
        assert run.begin("verify", {"asked": 1}).digest == after["verify"].digest != before["verify"].digest
        assert run.begin("select", {"asked": 1}, is_cheap=True).digest != before["select"].digest
        run.grow("generate", {"asked": 3}, "2")
        assert run.begin("generate", {"asked": 3}).settings["grown_from"] == ["1", "2"]


def test_a_stage_is_opened_again_with_all_that_follow(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run", ignore) as run:
        for stage in ("prompts", "generate", "verify"):
            run.begin(stage, {})
            run.finish(stage, {}, 1.0)
        run.reopen("generate")
        assert [entry.is_done for entry in run.manifest.stages.values()] == [True, False, False]


def test_with_a_sample_goes_its_verdict(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run", ignore) as run:
        for stage in ("generate", "verify"):
            run.begin(stage, {})
            run.finish(stage, {}, 1.0)
        for index, finish_reason in enumerate(("stop", "refused", "stop")):
            run.samples.append(sample(index, finish_reason))
            run.verdicts.append(dict.fromkeys(schemas.VERDICTS.names) | {"prompt_id": "q", "index": index})
        assert run.forget_samples(lambda row: row["finish_reason"] == "refused", ["finish_reason"]) == 1
        assert [row["index"] for row in run.verdicts.rows()] == [row["index"] for row in run.samples.rows()] == [0, 2]
        assert not any(entry.is_done for entry in run.manifest.stages.values())


def test_a_verdict_does_not_outlive_its_sample(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run", ignore) as run:
        run.samples.append(sample(1))
        for index in range(3):
            run.verdicts.append(dict.fromkeys(schemas.VERDICTS.names) | {"prompt_id": "q", "index": index})
        run.samples.close()
        run.verdicts.close()
        assert run.forget_orphans() == 2
        assert [row["index"] for row in run.verdicts.rows()] == [1]
        assert run.forget_orphans() == 0


def test_a_run_in_use_is_not_opened_twice(tmp_path: Path) -> None:
    with (
        RunFolder.open(tmp_path / "run", ignore),
        pytest.raises(RunError, match=f"in use by process {os.getpid()}"),
        RunFolder.open(tmp_path / "run", ignore),
    ):
        pass


def hold(path: Path, ready: "multiprocessing.synchronize.Event") -> None:
    with RunFolder.open(path, ignore):
        ready.set()
        signal.pause()


def test_a_dead_process_holds_no_lock(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    holder = context.Process(target=hold, args=(tmp_path / "run", ready))
    holder.start()
    assert ready.wait(300)
    with pytest.raises(RunError, match="in use"), RunFolder.open(tmp_path / "run", ignore):
        pass
    holder.kill()
    holder.join()
    with RunFolder.open(tmp_path / "run", ignore) as run:
        assert run.samples.count() == 0


def test_a_folder_with_other_things_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(RunError, match=r"is no run folder: it holds thesis\.tex"), RunFolder.open(tmp_path, ignore):
        pass


@pytest.mark.parametrize(
    "left", ["manifest.json.tmp", "recipe.yaml.tmp", "progress.json", "teacher.log", "shards", "samples.old-2",
             "dataset.partial", "verdicts.partial", "report.html"],
)  # fmt: skip
def test_a_folder_that_holds_what_distill_itself_leaves_is_ours(tmp_path: Path, left: str) -> None:
    (tmp_path / left).touch()
    (tmp_path / "samples").mkdir()
    with RunFolder.open(tmp_path, ignore) as run:
        run.begin("prompts", {})
    assert list(RunFolder.at(tmp_path).manifest.stages) == ["prompts"]


def test_without_its_manifest_a_run_says_how_to_make_it_anew(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run", ignore) as run:
        run.samples.append(sample())
    with pytest.raises(RunError, match=r"has lost its manifest\.json, but not its tables. Run the `distill generate`"):
        RunFolder.at(tmp_path / "run")


def test_a_folder_that_is_no_run_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is no run folder"):
        RunFolder.at(tmp_path)


def test_a_damaged_manifest_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"stages": {')
    with pytest.raises(RunError, match=r"manifest\.json is damaged"):
        read_manifest(tmp_path)
