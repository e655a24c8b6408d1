from pathlib import Path

from distill.training.worker.checkpoints import SEAL, last_whole


def test_a_half_written_checkpoint_is_passed_over(tmp_path: Path) -> None:
    for step in (4, 8, 12):
        (tmp_path / f"checkpoint-{step}").mkdir()
    assert last_whole(tmp_path) is None
    for step in (4, 8):
        (tmp_path / f"checkpoint-{step}" / SEAL).touch()
    assert last_whole(tmp_path) == str(tmp_path / "checkpoint-8")


def test_checkpoints_are_ordered_by_number(tmp_path: Path) -> None:
    for step in (500, 1000):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}" / SEAL).touch()
    assert last_whole(tmp_path) == str(tmp_path / "checkpoint-1000")
