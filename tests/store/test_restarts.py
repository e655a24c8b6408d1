from pathlib import Path

import pytest

from distill.errors import RunError
from distill.store import RunFolder
from distill.store.folder import restart_run, restore_run
from distill.store.manifest import Manifest, read_manifest, write_manifest
from distill.store.restarts import Restored, complete, restart, restore
from distill.store.stages import StageSettings, begin

MADE = {"warm": "student", "last": "nothing"}


def make(folder: Path, text: str) -> None:
    """Two stages, of which the second writes a file."""
    begin(folder, "cold", StageSettings({"rate": 1}, "c0"))
    begin(folder, "warm", StageSettings({"text": text}, text))
    (folder / "student").mkdir()
    (folder / "student" / "weights").write_text(text)


def made(folder: Path) -> tuple[str, str]:
    """What the manifest says was made, and what there is."""
    return read_manifest(folder).stages["warm"].digest, (folder / "student" / "weights").read_text()


def as_it_is(manifest: Manifest) -> Manifest:
    return manifest


def test_restarted_stages_are_moved_aside_each_time_under_a_free_name(tmp_path: Path) -> None:
    for number in (1, 2):
        make(tmp_path, f"w{number}")
        assert restart(tmp_path, MADE) == [tmp_path / f"student.old-{number}"]
        assert list(read_manifest(tmp_path).stages) == ["cold"]


def test_a_restart_is_taken_back_and_so_is_that(tmp_path: Path) -> None:
    make(tmp_path, "first")
    restart(tmp_path, MADE)
    make(tmp_path, "second")
    assert restore(tmp_path, as_it_is) == Restored({"student": "student.old-1"}, {"student": "student.old-2"})
    assert made(tmp_path) == ("first", "first")
    restore(tmp_path, as_it_is)
    assert made(tmp_path) == ("second", "second")


def test_where_nothing_was_made_since_an_earlier_restart_can_be_taken_back_next(tmp_path: Path) -> None:
    for text in ("first", "second"):
        make(tmp_path, text)
        restart(tmp_path, MADE)
    (tmp_path / "student").mkdir()  # as an opened run leaves its tables
    assert restore(tmp_path, as_it_is).since == {}
    assert made(tmp_path) == ("second", "second")
    restore(tmp_path, as_it_is)
    assert made(tmp_path) == ("first", "first")


def test_a_move_that_was_decided_is_completed_by_the_next(tmp_path: Path) -> None:
    make(tmp_path, "first")
    write_manifest(tmp_path, read_manifest(tmp_path).model_copy(update={"moves": (("student", "student.old-1"),)}))
    complete(tmp_path)
    assert (tmp_path / "student.old-1" / "weights").exists()
    assert read_manifest(tmp_path).moves == ()
    complete(tmp_path)


def test_restarting_once_more_what_is_moved_aside_already_moves_nothing(tmp_path: Path) -> None:
    make(tmp_path, "first")
    assert restart(tmp_path, MADE) == restart(tmp_path, MADE)


def test_only_what_there_is_can_be_restarted_or_restored(tmp_path: Path) -> None:
    begin(tmp_path, "cold", StageSettings({}, "c0"))
    with pytest.raises(RunError, match=r"nothing of the stage warm to restart \(stages: cold\); leave --restart out"):
        restart(tmp_path, MADE)
    with pytest.raises(RunError, match="no stage of it was restarted"):
        restore(tmp_path, as_it_is)
    make(tmp_path, "first")
    restart(tmp_path, MADE)
    (tmp_path / "student.old-1").rename(tmp_path / "elsewhere")
    with pytest.raises(RunError, match=r"student\.old-1 is not there any more. Nothing was changed"):
        restore(tmp_path, as_it_is)


def test_a_run_that_has_grown_meanwhile_is_restored_into_what_it_is_now(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path, print) as run:
        for stage in ("prompts", "generate"):
            run.begin(stage, {"asked": 1})
            run.finish(stage, {}, 1.0)
    restart_run(tmp_path, "generate")
    with RunFolder.open(tmp_path, print) as run:
        run.grow("prompts", {"asked": 2}, "1")
        run.begin("generate", {"asked": 9})
    restore_run(tmp_path)
    with RunFolder.open(tmp_path, print) as run:
        entry = run.begin("generate", {"asked": 1})
    assert not entry.is_done
    assert [path.name for path in sorted(tmp_path.glob("*.old-*"))] == ["samples.old-2", "verdicts.old-2"]


def test_a_run_without_a_restart_or_a_manifest_is_left_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is no run folder"):
        restore_run(tmp_path)
    with RunFolder.open(tmp_path, print) as run:
        run.begin("prompts", {})
    with pytest.raises(RunError, match="nothing to be taken back"):
        restore_run(tmp_path)
    with pytest.raises(RunError, match="holds nothing of the stage generate"):
        restart_run(tmp_path, "generate")
