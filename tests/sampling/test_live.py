import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from distill.sampling.live import Live, read_live, write_live

LIVE = Live(
    updated_s=1.0,
    is_over=False,
    num_done=1,
    num_samples=2,
    outcomes={},
    samples_per_s=1.0,
    tokens_per_s=10.0,
    seconds_left=None,
    num_tokens=10,
    num_tokens_saved=0,
    price=None,
    endpoints=(),
)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path], check=True)
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(512))
        except OSError:
            return filler


def test_a_full_disk_keeps_the_last_state_until_there_is_room(small_disk: Path) -> None:
    write_live(small_disk, LIVE)
    filler = fill(small_disk)
    later = LIVE.model_copy(update={"num_done": 2})
    write_live(small_disk, later)
    assert read_live(small_disk) == LIVE
    assert sorted(path.name for path in small_disk.iterdir()) == ["filler", "progress.json"]
    filler.unlink()
    write_live(small_disk, later)
    assert read_live(small_disk) == later


def test_any_other_error_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_live(tmp_path / "gone", LIVE)
