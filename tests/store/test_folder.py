import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from distill.errors import RunError
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


def test_changed_settings_are_named_with_the_ways_out(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run", ignore) as run:
        run.begin("generate", {"policy": "fixed(4)", "model": "r1"})
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


def test_a_folder_that_is_no_run_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is no run folder"):
        RunFolder.at(tmp_path)


def test_a_damaged_manifest_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"stages": {')
    with pytest.raises(RunError, match=r"manifest\.json is damaged"):
        read_manifest(tmp_path)
