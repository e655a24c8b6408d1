from pathlib import Path

import pytest

from distill.errors import RunError
from distill.training.changes import KEYS, Settings
from distill.training.work_folder import FORM, METRICS, guard, read_settings

SHARDS: Settings = {"base": "b", KEYS: {"seed": 1}, FORM: "FSDP2, SHARDED_STATE_DICT"}


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A work folder with a checkpoint."""
    guard(tmp_path, SHARDS)
    (tmp_path / "checkpoint-4").mkdir()
    return tmp_path


def test_a_folder_in_which_nothing_was_trained_takes_any_settings(tmp_path: Path) -> None:
    guard(tmp_path, SHARDS)
    guard(tmp_path, SHARDS | {"base": "c"})
    assert read_settings(tmp_path)["base"] == "c"


def test_what_stands_in_the_way_is_told_with_the_ways_out(begun: Path) -> None:
    with pytest.raises(RunError, match=r"another recipe \(seed: 1 → 2\)\. Set it back to go on, choose another --out"):
        guard(begun, SHARDS | {KEYS: {"seed": 2}})
    assert read_settings(begun) == SHARDS


def test_checkpoints_of_another_layout_are_told_before_they_are_read(begun: Path) -> None:
    whole = SHARDS | {FORM: "whole"}
    with pytest.raises(RunError, match=r"another layout \(FSDP2, .*\), which this one \(whole\) cannot read"):
        guard(begun, whole)
    (begun / METRICS).touch()  # trained: nothing reads them any more
    guard(begun, whole)


def test_an_earlier_version_did_not_note_the_form_of_its_checkpoints(begun: Path) -> None:
    (begun / "settings.json").write_text('{"base": "b"}')
    guard(begun, SHARDS)
