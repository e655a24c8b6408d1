import errno
import os
from pathlib import Path

import pytest

from distill.errors import RunError
from distill.rows.columns import Row
from distill.store import journal
from distill.store.journal import Journal

ROWS: list[Row] = [{"prompt_id": f"p{i}", "index": 0, "answer": "4\n2" * i} for i in range(20)]


def write(path: Path, rows: list[Row]) -> None:
    writer = Journal(path)
    for row in rows:
        writer.append(row)
    writer.close()


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    write(tmp_path / "a.journal", ROWS)
    assert list(journal.read(tmp_path / "a.journal")) == ROWS


def test_half_of_a_surrogate_pair_is_kept_as_a_question_mark(tmp_path: Path) -> None:
    write(tmp_path / "a.journal", [{"answer": "a\ud83d"}, ROWS[1]])
    assert list(journal.read(tmp_path / "a.journal")) == [{"answer": "a?"}, ROWS[1]]


def test_flushed_rows_are_on_disk_before_the_journal_is_closed(tmp_path: Path) -> None:
    writer = Journal(tmp_path / "a.journal")
    writer.append(ROWS[1])
    writer.flush()
    assert list(journal.read(tmp_path / "a.journal")) == [ROWS[1]]
    writer.close()


async def test_committed_rows_are_on_disk(tmp_path: Path) -> None:
    writer = Journal(tmp_path / "a.journal")
    writer.append(ROWS[1])
    await writer.commit()
    assert list(journal.read(tmp_path / "a.journal")) == [ROWS[1]]
    writer.close()


@pytest.mark.parametrize("num_lost", range(1, 40))
def test_a_tail_torn_at_any_byte_loses_only_its_own_row(tmp_path: Path, num_lost: int) -> None:
    path = tmp_path / "a.journal"
    write(path, ROWS[:3])
    os.truncate(path, path.stat().st_size - num_lost)
    assert list(journal.read(path)) == ROWS[:2]
    assert journal.scan(path)[:2] == (2, 1)


def test_damage_in_the_middle_loses_only_the_damaged_row(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    write(path, ROWS[:5])
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"4", b"5")
    path.write_bytes(b"".join(lines))
    assert list(journal.read(path)) == [*ROWS[:2], *ROWS[3:5]]


def test_two_attempts_never_share_a_file(tmp_path: Path) -> None:
    write(tmp_path / "a.journal", ROWS)
    with pytest.raises(FileExistsError):
        Journal(tmp_path / "a.journal")


class FullDisk(Journal):
    """A journal whose disk has room for `room` bytes, and for everything after `num_waits` complaints."""

    room = 30
    num_waits = 1

    def _write_some(self, data: memoryview) -> int:
        if self.num_waits and self.room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        size = min(len(data), self.room) if self.num_waits else len(data)
        self.room -= size
        return super()._write_some(data[:size])


def test_a_full_disk_is_waited_out_and_the_torn_line_completed(tmp_path: Path) -> None:
    said: list[str] = []

    def clear(sentence: str) -> None:
        said.append(sentence)
        writer.num_waits = 0

    writer = FullDisk(tmp_path / "a.journal", clear)
    for row in ROWS:
        writer.append(row)
    writer.close()
    assert list(journal.read(tmp_path / "a.journal")) == ROWS
    assert said[0].startswith("The disk that holds")


def test_a_disk_that_fails_is_an_error_with_what_to_do(tmp_path: Path) -> None:
    class Broken(Journal):
        def _write_some(self, data: memoryview) -> int:
            raise OSError(errno.EIO, "Input/output error")

    writer = Broken(tmp_path / "a.journal")
    writer.append(ROWS[0])
    with pytest.raises(RunError, match=r"could not be written: Input/output error.*run the same command again"):
        writer.close()
