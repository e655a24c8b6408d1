import sys
from pathlib import Path

import pytest

from distill.errors import DistillError
from distill.training.machine import launch
from distill.training.recipe import load
from distill.training.work_folder import LOG, PROGRESS
from tests.training.tiny import is_gone


def test_one_node_runs_one_line() -> None:
    line = launch.shell(launch.command(load("qwen-7b"), Path("out.work"), 8))
    assert line.endswith(
        "fsdp2.yaml --mixed_precision bf16 --num_processes 8 --num_machines 1 --main_process_port 0 "
        "-m distill.training.worker.sft out.work"
    )


def test_several_nodes_take_rank_and_address_from_slurm() -> None:
    line = launch.shell(launch.command(load("llama-70b"), Path("out.work"), 64))
    assert '--num_machines 8 --machine_rank "$SLURM_PROCID" --main_process_ip "$MASTER_ADDR"' in line


@pytest.mark.parametrize(
    ("overrides", "precision"),
    [([], "bf16"), (["bf16=false"], "no"), (["bf16=false", "fp16=true"], "fp16")],
)
def test_the_recipes_precision_holds_whatever_accelerates_file_says(overrides: list[str], precision: str) -> None:
    line = launch.shell(launch.command(load("qwen-7b", overrides), Path("out.work"), 8))
    assert f"--mixed_precision {precision} " in line


@pytest.mark.parametrize(("gpus_per_node", "nodes"), [(8, 2), (4, 4), (1, 16)])
def test_nodes_have_as_many_gpus_as_the_recipe_says(gpus_per_node: int, nodes: int) -> None:
    recipe, work = load("qwen-32b", [f"distill.gpus_per_node={gpus_per_node}"]), Path("out.work")
    assert f"--num_processes 16 --num_machines {nodes}" in launch.shell(launch.command(recipe, work, 16))
    assert launch.sbatch_line(recipe, work, 16) == (
        f"sbatch --nodes {nodes} --gpus-per-node {gpus_per_node} scripts/slurm/train.sbatch out.work/launch.sh"
    )


def test_processes_share_the_cores_unless_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = load("smollm2-135m")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert "--num_cpu_threads_per_process" in launch.command(recipe, Path("out.work"), 1)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert "--num_cpu_threads_per_process" not in launch.command(recipe, Path("out.work"), 1)


def test_what_a_worker_writes_is_told_and_what_it_prints_is_logged(tmp_path: Path) -> None:
    seen: list[dict[str, float]] = []
    (tmp_path / PROGRESS).write_text('{"step": 7}\n')  # of an earlier start
    steps = f"file = open({str(tmp_path / PROGRESS)!r}, 'a')\nfor n in (1, 2): file.write('{{\"step\": %d}}\\n' % n)"
    launch.follow([sys.executable, "-c", f"print('noise')\n{steps}"], tmp_path, seen.append)
    assert seen == [{"step": 1}, {"step": 2}]
    assert (tmp_path / LOG).read_text(encoding="utf-8") == "noise\n"


def test_half_a_line_waits_for_its_other_half(tmp_path: Path) -> None:
    (tmp_path / "steps").write_bytes(b"1\n2")
    with (tmp_path / "steps").open("rb+") as file:
        assert list(launch._whole_lines(file)) == [b"1\n"]
        with (tmp_path / "steps").open("ab") as other:
            other.write(b"0\n")
        assert list(launch._whole_lines(file)) == [b"20\n"]


def test_a_crash_shows_the_end_of_the_log(tmp_path: Path) -> None:
    with pytest.raises(DistillError, match=r"exit code 3.*\n.*out of memory"):
        launch.follow([sys.executable, "-c", "import sys; print('out of memory'); sys.exit(3)"], tmp_path, print)


def test_a_child_left_behind_is_ended(tmp_path: Path) -> None:
    left = "import subprocess; print(subprocess.Popen(['sleep', '1000']).pid)"
    launch.follow([sys.executable, "-c", left], tmp_path, print)
    pid = int((tmp_path / LOG).read_text(encoding="utf-8"))
    assert is_gone(pid)
