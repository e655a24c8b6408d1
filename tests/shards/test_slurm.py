"""The Slurm scripts, run by a real Slurm: one node, this machine."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from distill.shards.stage import ShardSettings
from distill.store import RunFolder
from distill.training.job import TrainingEvent
from distill.training.machine import launch
from distill.training.recipe import load
from distill.training.sft import check, sft
from tests.endpoint import Endpoint
from tests.shards.test_stage import draw, plan_folder, unverified, verdicts, verify
from tests.teacher.test_faults import write_prompts
from tests.training.tiny import is_gone, tiny_base, tiny_dataset, tiny_recipe

SCRIPTS = Path(__file__).parents[2] / "scripts" / "slurm"
ARRAY = ("--array=1-2", "--cpus-per-task=1")
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
        pids = [int((folder / f"{daemon}.pid").read_text()) for daemon in reversed(daemons)]
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
        assert all(map(is_gone, pids))  # they write into the folder to their end, and hold their ports


def wait_until_idle() -> None:
    for _ in range(600):
        if "idle" in subprocess.run(["sinfo", "-h", "-o", "%T"], check=False, capture_output=True, text=True).stdout:
            return
        time.sleep(0.2)
    raise AssertionError("the node did not come up")


def wait_for(done: Callable[[], bool]) -> None:
    for _ in range(600):
        if done():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come to that")


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Recipe and dataset."""
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    return tiny_recipe(tmp_path / "tiny.yaml", tiny_base(tmp_path / "base")), tiny_dataset(tmp_path / "rows.jsonl")


def submit(folder: Path, script: str, argument: Path | str, *options: str) -> str:
    """Run a script to the end of all its tasks; returns their logs."""
    line = ["sbatch", "--wait", *options, f"--output={folder}/job-%a.log", str(SCRIPTS / script), str(argument)]
    job = subprocess.run(line, check=False, capture_output=True, text=True, cwd=folder)
    logs = "\n".join(log.read_text(encoding="utf-8") for log in sorted(folder.glob("job-*.log")))
    assert job.returncode == 0, job.stderr + logs
    return logs


@pytest.mark.usefixtures("slurm")
def test_what_was_checked_is_trained_by_slurm_and_exported_after(tmp_path: Path, tiny: tuple[Path, Path]) -> None:
    recipe, dataset = tiny
    out = tmp_path / "out"
    check(recipe, dataset, out=out, num_gpus=2)
    submit(tmp_path, "train.sbatch", tmp_path / "out.work" / "launch.sh", "--gpus-per-node=0")

    stages: list[TrainingEvent] = []
    result = sft(recipe, dataset, out=out, num_gpus=2, report=stages.append)
    assert "train" not in {progress.stage for progress in stages}
    assert (result.lineage.hardware, result.num_steps) == ("2 × CPU", 4)


@pytest.mark.usefixtures("slurm")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="a task wants a core")
def test_two_nodes_train_as_one(tmp_path: Path, tiny: tuple[Path, Path]) -> None:
    """Two tasks on one machine stand for two nodes: each starts a launcher with its own rank, and they meet."""
    recipe, dataset = tiny
    out, work = tmp_path / "out", tmp_path / "out.work"
    check(recipe, dataset, out=out, num_gpus=2)
    line = launch.command(load(recipe, ["distill.gpus_per_node=1"]), work, 2)
    (work / "launch.sh").write_text(launch.shell(line), encoding="utf-8")
    submit(tmp_path, "train.sbatch", work / "launch.sh", "--gpus-per-node=0", "--ntasks=2", "--ntasks-per-node=2")
    assert (work / "progress.jsonl").read_text(encoding="utf-8").count('"step": 4, "steps": 4, "loss"') == 1
    assert sft(recipe, dataset, out=out, num_gpus=2).lineage.hardware == "2 × CPU"


def test_arrays_draw_and_verify_what_was_cut(slurm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    cut, file = ShardSettings(shard_rows=10, is_cut_only=True), write_prompts(tmp_path, 40)
    with Endpoint().running() as endpoint:
        assert not draw(tmp_path / "drawn", file, endpoint, cut)
        submit(tmp_path, "generate.sbatch", plan_folder(tmp_path / "drawn"), *ARRAY)
        assert draw(tmp_path / "drawn", file, endpoint, cut)
        assert endpoint.asked.total() == 80
    drawn = RunFolder.at(tmp_path / "drawn")
    assert (drawn.samples.count(), drawn.verdicts.count()) == (80, 80)

    run = unverified(tmp_path / "run")
    assert not verify(run, cut)
    submit(tmp_path, "verify.sbatch", plan_folder(run), *ARRAY)
    assert verify(run, cut)
    assert len(verdicts(run)) == 80


def test_a_teacher_served_by_a_job_joins_and_leaves(
    slurm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job's teacher is a stand-in; that `distill serve` starts engines is tested with them."""
    (tmp_path / "bin").mkdir()
    distill = tmp_path / "bin" / "distill"
    distill.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/asked\nexec {sys.executable} -m tests.endpoint --port "$4"\n'
    )
    distill.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(SCRIPTS.parents[1]))
    roster = tmp_path / "endpoints.txt"
    line = ["sbatch", "--parsable", "--gpus-per-node=0", f"--output={tmp_path}/job.log", str(SCRIPTS / "serve.sbatch")]
    line += ["toy", "8xH100", str(roster), "18917"]
    job = subprocess.run(line, check=True, capture_output=True, text=True, cwd=tmp_path).stdout.strip()
    asked = tmp_path / "asked"
    wait_for(lambda: roster.exists() and "18917" in roster.read_text() and asked.exists() and asked.read_text() != "")
    assert asked.read_text().split() == ["serve", "toy", "--port", "18917", "--on", "8xH100"]
    subprocess.run(["scancel", "--signal=TERM", "--batch", job], check=True)
    wait_for(lambda: "18917" not in roster.read_text())
