import json
import sys
from pathlib import Path

import pytest
import yaml

from distill.errors import DistillError, RecipeError
from distill.recipe.loading import recipes_folder
from distill.training.machine import launch
from distill.training.recipe import load
from tests.training.tiny import is_gone

LAYOUTS = sorted((recipes_folder() / "accelerate").glob("*.yaml"))


def test_one_node_runs_one_line() -> None:
    line = launch.shell(launch.command(load("qwen-7b"), Path("out.work"), 8))
    assert line.endswith(
        "fsdp2.yaml --num_processes 8 --num_machines 1 --main_process_port 0 -m distill.training.worker.sft out.work"
    )


def test_several_nodes_take_rank_and_address_from_slurm() -> None:
    line = launch.shell(launch.command(load("llama-70b"), Path("out.work"), 64))
    assert '--num_machines 8 --machine_rank "$SLURM_PROCID" --main_process_ip "$MASTER_ADDR"' in line


def test_an_unknown_layout_names_the_known_ones() -> None:
    with pytest.raises(RecipeError, match="cpu, fsdp2, single, sp, zero3"):
        launch.accelerate_config("fsdp3")


@pytest.mark.parametrize("path", LAYOUTS, ids=lambda path: path.stem)
def test_accelerate_reads_every_layout(path: Path) -> None:
    from accelerate.commands.config.config_args import ClusterConfig

    known = set(ClusterConfig.__dataclass_fields__)
    assert set(yaml.safe_load(path.read_text(encoding="utf-8"))) <= known
    ClusterConfig.from_yaml_file(str(path))


def test_progress_lines_are_taken_out_and_the_rest_is_logged(tmp_path: Path) -> None:
    seen: list[dict[str, float]] = []
    launch.follow(
        [sys.executable, "-c", f"print('noise'); print({launch.MARK!r} + '{json.dumps({'step': 1})}')"],
        tmp_path / "log",
        seen.append,
    )
    assert seen == [{"step": 1}]
    assert (tmp_path / "log").read_text(encoding="utf-8") == "noise\n"


def test_a_crash_shows_the_end_of_the_log(tmp_path: Path) -> None:
    with pytest.raises(DistillError, match=r"exit code 3.*\n.*out of memory"):
        launch.follow(
            [sys.executable, "-c", "import sys; print('out of memory'); sys.exit(3)"], tmp_path / "log", print
        )


def test_a_child_left_behind_with_the_pipe_open_is_ended(tmp_path: Path) -> None:
    left = "import subprocess; print(subprocess.Popen(['sleep', '1000']).pid)"
    launch.follow([sys.executable, "-c", left], tmp_path / "log", print)
    pid = int((tmp_path / "log").read_text(encoding="utf-8"))
    assert is_gone(pid)
