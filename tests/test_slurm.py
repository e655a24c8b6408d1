"""The Slurm script, run by a real Slurm on this machine."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from distill.sft import Progress, check, sft
from distill.training import launch
from distill.training.recipe import load
from tests.training.tiny import tiny_base, tiny_dataset, tiny_recipe

SCRIPT = Path(__file__).parents[1] / "scripts" / "slurm" / "sft.sbatch"
DAEMONS = ("munged", "slurmctld", "slurmd", "sbatch")

pytestmark = [
    pytest.mark.debian,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="slurmd runs as root"),
    pytest.mark.skipif(
        not all(map(shutil.which, DAEMONS)), reason="apt-get install munge slurmctld slurmd slurm-client"
    ),
]

CONF = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthInfo=socket={folder}/munge.socket
SlurmctldPort=17817
SlurmdPort=17818
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus}
PartitionName=all Nodes=ALL Default=YES State=UP
"""


@pytest.fixture
def slurm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    host = socket.gethostname().split(".")[0]
    with tempfile.TemporaryDirectory(prefix="slurm") as name:  # not tmp_path: a socket's path holds 107 bytes
        folder = Path(name)
        (folder / "munge.key").write_bytes(secrets.token_bytes(1024))
        (folder / "munge.key").chmod(0o400)
        (folder / "slurm.conf").write_text(CONF.format(host=host, folder=folder, cpus=os.cpu_count()))
        monkeypatch.setenv("SLURM_CONF", str(folder / "slurm.conf"))
        munge = [
            f"--{part}={folder}/munge.{end}"
            for part, end in zip(
                ("key-file", "socket", "pid-file", "log-file", "seed-file"),
                ("key", "socket", "pid", "log", "seed"),
                strict=True,
            )
        ]
        daemons = {"munge": ["munged", "--force", *munge], "slurmctld": ["slurmctld"], "slurmd": ["slurmd", "-N", host]}
        for line in daemons.values():
            subprocess.run(line, check=True, capture_output=True)
        wait_until_idle()
        yield
        for daemon in reversed(daemons):
            os.kill(int((folder / f"{daemon}.pid").read_text()), signal.SIGTERM)
        time.sleep(1)


def wait_until_idle() -> None:
    for _ in range(100):
        if "idle" in subprocess.run(["sinfo", "-h", "-o", "%T"], check=False, capture_output=True, text=True).stdout:
            return
        time.sleep(0.2)
    raise AssertionError("the node did not come up")


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Recipe and dataset."""
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    return tiny_recipe(tmp_path / "tiny.yaml", tiny_base(tmp_path / "base")), tiny_dataset(tmp_path / "rows.jsonl")


def submit(script: Path, *options: str) -> str:
    """Run the script to its end; returns its log."""
    log = script.with_name("job.log")
    line = ["sbatch", "--wait", "--gpus-per-node=0", *options, f"--output={log}", str(SCRIPT), str(script)]
    job = subprocess.run(line, check=False, capture_output=True, text=True, cwd=script.parent)
    assert job.returncode == 0, job.stderr + log.read_text(encoding="utf-8")
    return log.read_text(encoding="utf-8")


@pytest.mark.usefixtures("slurm")
def test_what_was_checked_is_trained_by_slurm_and_exported_after(tmp_path: Path, tiny: tuple[Path, Path]) -> None:
    recipe, dataset = tiny
    out = tmp_path / "out"
    check(recipe, dataset, out=out, num_gpus=2)
    submit(tmp_path / "out.work" / "launch.sh")

    stages: list[Progress] = []
    result = sft(recipe, dataset, out=out, num_gpus=2, report=stages.append)
    assert "train" not in {progress.stage for progress in stages}
    assert (result.hardware, result.num_steps) == ("2 × CPU", 4)


@pytest.mark.usefixtures("slurm")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="a task wants a core")
def test_two_nodes_train_as_one(tmp_path: Path, tiny: tuple[Path, Path]) -> None:
    """Two tasks on one machine stand for two nodes: each starts a launcher with its own rank, and they meet."""
    recipe, dataset = tiny
    out, work = tmp_path / "out", tmp_path / "out.work"
    check(recipe, dataset, out=out, num_gpus=2)
    line = launch.command(load(recipe), work, 16)  # two nodes' line, with one process on each instead of eight
    line[line.index("--num_processes") + 1] = "2"
    (work / "launch.sh").write_text(launch.shell(line), encoding="utf-8")
    log = submit(work / "launch.sh", "--ntasks=2", "--ntasks-per-node=2")
    assert log.count('"step": 4, "steps": 4, "loss"') == 1
    assert sft(recipe, dataset, out=out, num_gpus=2).hardware == "2 × CPU"
