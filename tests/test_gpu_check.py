"""`scripts/gpu-check`: its words, and its parts with a CPU's stand-ins; no GPU has run it yet."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from gpu_check import machine, parts, serving, training  # noqa: E402
from gpu_check.setting import Layout, Setting, layouts  # noqa: E402
from gpu_check.table import Row, answers_verdict, failure, memory_verdict, table  # noqa: E402

from distill.recipe.recipe import load_recipe  # noqa: E402
from distill.recipe.sections import TeacherSection  # noqa: E402
from distill.training.grpo.recipe import load as load_grpo  # noqa: E402
from distill.training.job import TrainingEvent  # noqa: E402
from distill.training.machine.calibration import calibrated_as, read_calibration  # noqa: E402
from distill.training.machine.gpus import Gpu  # noqa: E402
from distill.training.recipe import load  # noqa: E402
from tests.training.tiny import tiny_base, tiny_recipe  # noqa: E402


def test_a_machine_without_gpus_is_told_so_before_anything_is_installed(tmp_path: Path) -> None:
    for name in ("bash", "dirname"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    done = subprocess.run(
        [ROOT / "scripts" / "gpu-check", "--teacher", "x"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no NVIDIA GPU" in done.stderr


def test_a_torch_without_gpus_is_told_so() -> None:
    line = [sys.executable, "-m", "gpu_check", "--teacher", "x"]
    path = {"PYTHONPATH": f"{ROOT / 'scripts'}:{ROOT}", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(line, env=os.environ | path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "sees no GPU on this machine" in done.stderr


def test_the_table_is_markdown() -> None:
    shown = table([Row("single", "20 steps", "24.1 GB", "22.0 GB", "memory as foretold", 61.6)])
    assert shown.splitlines()[0] == "| part | what was done | foretold | measured | verdict | seconds |"
    assert shown.splitlines()[2] == "| single | 20 steps | 24.1 GB | 22.0 GB | memory as foretold | 62 |"


def test_a_failure_keeps_how_a_long_message_begins_and_ends() -> None:
    row = failure("fsdp2", ValueError("It began so." + "x" * 1000 + "\nCUDA out of memory"), 3.0)
    assert row.verdict.startswith("failed: It began so.")
    assert row.verdict.endswith("CUDA out of memory")
    assert len(row.verdict) < 330
    assert failure("fsdp2", KeyError(), 0).verdict == "failed: KeyError"


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [
        (100, "memory as foretold"),
        (110, "memory as foretold"),
        (76, "memory as foretold"),
        (120, "memory 20 % above what was foretold"),
        (50, "memory 50 % below what was foretold"),
    ],
)
def test_memory_may_be_a_tenth_above_and_a_quarter_below(measured: float, verdict: str) -> None:
    assert memory_verdict(100, measured) == verdict


def test_near_equal_tokens_may_change_places_but_not_in_every_answer() -> None:
    assert answers_verdict(16, 16, 16) == "the same answers"
    assert answers_verdict(2, 15, 16) == "the same model: kernels round differently"
    assert answers_verdict(2, 13, 16) == "another model"


def test_the_clock_leaves_the_warm_up_out() -> None:
    clock = training.Clock()
    clock.ends = {0: 0.0, 1: 50.0, 2: 60.0, 3: 61.0, 4: 62.0, 5: 64.0, 6: 66.0}
    assert clock.seconds_a_step() == 2.0
    clock(TrainingEvent("export", 0, None))
    clock(TrainingEvent("train", 6, 6))
    assert clock.ends[6] == 66.0


def test_every_setting_for_gpus_is_one_that_the_recipes_take() -> None:
    overrides = ("max_length=16384", "distill.batch.size=16", "max_steps=20")
    for layout in layouts(8):
        assert calibrated_as(load("qwen-1.5b", (*overrides, *layout.overrides))) == layout.name
    load_grpo("modern", ["distill.student=qwen-1.5b", *machine.EXPORTED, "distill.base=students/mine"])
    assert machine.card_of("NVIDIA H200") == Gpu(141, 989)
    assert machine.card_of("NVIDIA L4") is None


def on_cpu(folder: Path, teacher: TeacherSection) -> Setting:
    """A tiny student under one and two processes, and a layout that this machine does not allow."""
    (folder / "base").mkdir(parents=True)
    recipe = tiny_recipe(folder / "tiny.yaml", tiny_base(folder / "base", "llama"), "llama")
    return Setting(
        out=folder / "out",
        hardware="a CPU",
        card=Gpu(16, 0.1),
        teacher=teacher,
        prompts=ROOT / "recipes" / "quickstart" / "train.jsonl",
        num_prompts=4,
        max_tokens=16,
        student=str(recipe),
        overrides=("max_length=128", "distill.batch.size=4", "distill.export_dtype=float32"),
        layouts=(
            Layout("cpu", ("distill.accelerate=cpu",), 1),
            Layout("two", ("distill.accelerate=cpu",), 2),
            Layout("nowhere", (), 1, "no_such_package"),
        ),
        num_steps=6,
        grpo="smollm2-135m",
        grpo_overrides=(
            *(f"distill.student={recipe}", *machine.EXPORTED, "distill.batch.size=8", "num_generations=4"),
            *("per_device_train_batch_size=4", "max_completion_length=8", "max_steps=2", "save_strategy=no"),
        ),
        num_processes=1,
        served=lambda model: TeacherSection(
            model=model.name, engine="transformers", weights=str(model), num_slots=2, context_length=256
        ),
    )


@pytest.mark.slow
@pytest.mark.real
def test_every_part_runs_on_a_cpu_and_one_that_fails_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(serving, "NUM_ANSWERS", 2)
    teacher = load_recipe(str(ROOT / "recipes" / "quickstart.yaml")).teacher
    setting = on_cpu(tmp_path, teacher)
    assert parts.check(setting, set()) == 1  # the layout that needs a package

    rows = {row["part"]: row for row in json.loads((setting.out / "rows.json").read_text())}
    assert list(rows) == ["teacher", "cpu", "two", "nowhere", "grpo", "served"]
    assert rows["nowhere"]["verdict"] == (
        "failed: no_such_package is not installed, so this layout was left out: pip install no_such_package"
    )
    assert not any(row["verdict"].startswith("failed") for name, row in rows.items() if name != "nowhere"), rows
    assert "4 prompts sampled and verified" in rows["teacher"]["what"]
    assert rows["cpu"]["what"] == "6 steps of 4 × 86 tokens on 1"
    assert "MFU" in rows["two"]["measured"] and "loss" in rows["two"]["measured"]
    assert rows["grpo"]["what"] == "2 steps of 8 completions on 1"
    assert rows["served"]["verdict"] == "the same answers"

    printed = capsys.readouterr().out
    assert (setting.out / "table.md").read_text() == printed
    figures = read_calibration(setting.out / "calibration.json")
    assert figures.hardware == "a CPU" and set(figures.layouts) == {"cpu", "two"}


def test_without_a_trained_model_the_parts_behind_it_say_so(tmp_path: Path) -> None:
    setting = on_cpu(tmp_path, TeacherSection(model="none", endpoints=("http://127.0.0.1:9/v1",)))
    assert parts.check(setting, {"teacher", "cpu", "two", "nowhere", "grpo"}) == 1
    (row,) = json.loads((setting.out / "rows.json").read_text())
    assert row["verdict"].startswith("failed: No full training of this check ended well")
