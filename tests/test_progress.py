import os
import subprocess
import sys
from pathlib import Path

import pytest

FULL = Path("/dev/full")
TALKS = """
from distill.progress import say, stage
for number in range(20):
    say(f"remark {number}")
with stage("work", 2) as tally:
    tally.add("done")
print("result")
"""


def run(stderr: int) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", TALKS], stdout=subprocess.PIPE, stderr=stderr, text=True, check=False)


def test_work_goes_on_where_nobody_reads_the_remarks() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = run(writing)
    os.close(writing)
    assert (done.returncode, done.stdout) == (0, "result\n")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
def test_work_goes_on_where_the_disk_has_no_room_for_the_remarks() -> None:
    with FULL.open("w") as full:
        done = run(full.fileno())
    assert (done.returncode, done.stdout) == (0, "result\n")
