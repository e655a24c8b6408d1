import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from distill.cli import app
from distill.errors import InputError, RecipeError
from distill.pipeline.forecast import forecast
from distill.recipe.stages import Pipeline, load_any
from distill.training.machine.parameters import num_parameters
from distill.training.recipe import load


def pipeline(name: str, *overrides: str) -> Pipeline:
    found = load_any(name, overrides)
    assert isinstance(found, Pipeline)
    return found


def test_every_stage_of_r1_is_forecast_and_they_add_up() -> None:
    found = forecast(pipeline("r1"))
    works = {work.name: work for work in found.works}
    assert list(works) == list(found.pipeline.stages)
    assert found.num_tokens == sum(work.num_tokens for work in found.works)
    assert found.cost == pytest.approx(2.0 * found.gpu_hours + (works["general"].cost or 0))
    assert works["traces"].num_tokens == 300_000 * 4 * 6472
    assert works["reason"].num_rows == 80_000 * 16
    assert works["r1"].num_rows == 1700 * 512
    assert works["student"].num_rows == 2 * (626_933 + 177_812)  # two epochs of Table 5
    assert works["student"].takes == "traces + general from Qwen/Qwen2.5-Math-7B"
    assert works["general"].line == "http://127.0.0.1:8000/v1"
    assert "vllm serve runs/r1/reason/model" in works["traces"].line
    assert "accelerate launch" in works["r1"].line


def test_gpu_hours_of_sampling_follow_the_formula() -> None:
    work = next(work for work in forecast(pipeline("r1")).works if work.name == "traces")
    size = num_parameters(load("qwen-7b").distill.shape)
    assert work.gpu_hours == pytest.approx(2 * size * work.num_tokens / (0.1 * 989e12) / 3600)


def test_another_student_needs_other_hours_and_refuses_gpus_that_it_does_not_fit() -> None:
    small, large = (forecast(pipeline("r1-zero", f"student={name}", "gpus=64")) for name in ("qwen-1.5b", "qwen-32b"))
    assert large.gpu_hours > 10 * small.gpu_hours
    with pytest.raises(RecipeError, match="does not fit 8"):
        forecast(pipeline("r1-zero", "student=llama-70b"))


def test_prompts_that_are_there_are_counted_and_those_that_are_not_have_to_be_expected(tmp_path: Path) -> None:
    file = tmp_path / "three.jsonl"
    file.write_text('{"prompt": "1 + 1?", "answer": "2"}\n' * 3)
    counted = forecast(pipeline("r1-zero", f"score.file={file}"))
    assert counted.works[-1].num_rows == 3 * 64
    with pytest.raises(InputError, match=r"held-out\.jsonl \(stage score\).*expected\.num_rows"):
        forecast(pipeline("r1-zero", "score.expected={}"))


def test_what_runs_on_a_cpu_has_no_gpu_hours() -> None:
    found = forecast(pipeline("r1-toy"))
    assert {work.gpu_hours for work in found.works} == {None}
    assert found.num_tokens > 0


def test_without_the_libraries_of_training_a_forecast_needs_none_of_them() -> None:
    code = """
import sys
from distill.pipeline.forecast import forecast
from distill.recipe.stages import load_any
from distill.training.settings import known
known.find_spec = lambda name: None
forecast(load_any("r1"))
sys.exit(len({"torch", "transformers", "trl", "datasets"} & set(sys.modules)))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_dry_run_and_the_estimate_print_the_same_and_make_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dry, estimated = (CliRunner().invoke(app, line) for line in (["run", "r1", "--dry-run"], ["estimate", "r1"]))
    assert dry.exit_code == 0, dry.output
    assert dry.output == estimated.output
    assert "8 stages" in dry.output
    assert list(tmp_path.iterdir()) == []
