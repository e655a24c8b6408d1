"""Files in memory that stay as they are."""

import os

import pytest

from distill.sandbox.cell.sealed import seal, sealed


def test_what_is_sealed_can_be_read_and_executed_but_not_written() -> None:
    file = sealed(b"content")
    assert os.pread(file, 100, 0) == b"content"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.write(file, b"x")
    os.close(file)


def test_opening_it_again_gives_no_way_to_write() -> None:
    file = sealed(b"content")
    again = os.open(f"/proc/self/fd/{file}", os.O_RDWR) if os.geteuid() == 0 else os.dup(file)
    for attempt in (lambda: os.pwrite(again, b"x", 0), lambda: os.ftruncate(again, 0), lambda: os.ftruncate(again, 99)):
        with pytest.raises(OSError, match=r"Operation not permitted|Bad file descriptor|Invalid argument"):
            attempt()
    assert os.pread(file, 100, 0) == b"content"
    os.close(again)
    os.close(file)


def test_a_seal_comes_after_what_was_written() -> None:
    file = os.memfd_create("report", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(file, b"first")
    seal(file)
    with pytest.raises(PermissionError):
        os.write(file, b"second")
    os.close(file)
