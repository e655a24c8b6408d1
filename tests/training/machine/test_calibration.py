from pathlib import Path

import pytest

from distill.errors import InputError
from distill.training.grpo import fit as grpo_fit
from distill.training.grpo.recipe import load as load_grpo
from distill.training.machine import fit
from distill.training.machine.calibration import Calibration, LayoutFigures, calibrated_as, read_calibration
from distill.training.recipe import load

MEASURED = Calibration(
    hardware="8 × NVIDIA H100 80GB HBM3",
    date="2026-01-02",
    layouts={"fsdp2": LayoutFigures(memory_factor=0.9, utilisation=0.5)},
)


def test_measured_factors_take_the_place_of_assumptions() -> None:
    recipe = load("qwen-7b")
    assumed, measured = fit.estimate(recipe, 8), fit.estimate(recipe, 8, calibration=MEASURED)
    assert measured.memory.computed == pytest.approx(0.9 * assumed.memory.computed)
    assert measured.memory.reserve == assumed.memory.reserve
    assert measured.gpu_hours == pytest.approx(assumed.gpu_hours * fit.UTILISATION / 0.5)


def test_an_estimate_says_of_each_term_what_it_rests_on() -> None:
    recipe = load("qwen-7b")
    assumed = fit.explain(fit.estimate(recipe, 8))
    assert "No term was measured on a GPU" in assumed and "GB  counted" in assumed and "GB  assumed" in assumed
    measured = fit.explain(fit.estimate(recipe, 8, calibration=MEASURED))
    assert "scripts/gpu-check measured on 8 × NVIDIA H100 80GB HBM3, 2026-01-02" in measured
    assert "counted" not in measured


def test_a_layout_that_was_not_measured_stays_assumed() -> None:
    lora = load("qwen-7b", ["use_peft=true"])
    assert fit.estimate(lora, 8, calibration=MEASURED) == fit.estimate(lora, 8)
    assert calibrated_as(lora) == "lora"
    assert calibrated_as(load("qwen-7b", ["use_peft=true", "load_in_4bit=true"])) == "qlora"


def test_reinforcement_takes_the_same_figures() -> None:
    recipe = load_grpo("modern", ["distill.student=qwen-7b", "distill.base=students/mine"])
    assert (
        grpo_fit.estimate(recipe, 8, calibration=MEASURED).memory.weights < grpo_fit.estimate(recipe, 8).memory.weights
    )


def test_another_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "calibration.json"
    file.write_text(MEASURED.model_dump_json())
    assert read_calibration(file) == MEASURED
    file.write_text("{}")
    with pytest.raises(InputError, match="holds no figures of scripts/gpu-check"):
        read_calibration(file)
    with pytest.raises(InputError, match="holds no figures"):
        read_calibration(tmp_path / "nowhere.json")
