"""The parts that train: a student under each layout, and reinforcement learning with an engine on the same cards."""

import json
import time
from pathlib import Path
from typing import NamedTuple

from distill.recipe.sections import VerifySection
from distill.training.grpo import fit as grpo_fit
from distill.training.grpo import grpo as grpo_stage
from distill.training.grpo.recipe import load as load_grpo
from distill.training.job import TrainingEvent
from distill.training.machine.batch import steps
from distill.training.machine.calibration import LayoutFigures
from distill.training.machine.fit import UTILISATION, flops_per_token
from distill.training.machine.gpus import GB
from distill.training.machine.memory import memory
from distill.training.recipe import load
from distill.training.sft import sft
from distill.training.work_folder import METRICS, work_of
from gpu_check.samples import write_rows
from gpu_check.setting import Layout, Setting
from gpu_check.table import Row, memory_verdict

WARM_UP = 3
"""Steps before the clock counts: kernels are chosen and memory is allocated in them."""


class Trained(NamedTuple):
    """A training, and what it says of the estimates."""

    row: Row
    model: Path
    figures: LayoutFigures | None
    """None where the card is unknown."""


class Clock:
    """Takes the time at which each step ended."""

    def __init__(self) -> None:
        self.ends: dict[int, float] = {}

    def __call__(self, event: TrainingEvent) -> None:
        """A training tells where it is."""
        if event.stage == "train":
            self.ends.setdefault(event.done, time.monotonic())

    def seconds_a_step(self) -> float:
        """Mean of the steps after the warm-up; of all, where there are no more."""
        numbers = sorted(number for number in self.ends if number > 0)
        counted = numbers[WARM_UP:] if len(numbers) > WARM_UP + 1 else numbers
        first, last = counted[0], counted[-1]
        return (self.ends[last] - self.ends[first]) / max(last - first, 1)


def trained(setting: Setting, layout: Layout) -> Trained:
    """Fine-tune for some steps under one layout, with memory and speed beside what was foretold."""
    started, out = time.monotonic(), setting.out / layout.name
    overrides = (*setting.overrides, *layout.overrides, f"max_steps={setting.num_steps}")
    recipe = load(setting.student, overrides)
    rows = setting.out / "rows.jsonl"
    if not rows.is_file():
        write_rows(rows, recipe, steps(recipe, setting.num_processes).rows)
    clock = Clock()
    result = sft(setting.student, [rows], out=out, overrides=overrides, num_gpus=layout.num_processes, report=clock)
    tokens, length = result.num_tokens / result.num_steps, result.num_tokens / result.num_steps / result.rows_per_step
    rate = tokens / clock.seconds_a_step() / layout.num_processes
    foretold, measured = memory(recipe, layout.num_processes).computed, max(peaks(out)["reserved"])
    share = flops_per_token(recipe, length) * rate / (setting.card.tflops * 1e12) if setting.card else None
    row = Row(
        layout.name,
        f"{result.num_steps} steps of {result.rows_per_step} × {length:,.0f} tokens on {layout.num_processes}",
        f"{foretold / GB:.1f} GB, MFU {UTILISATION:.0%}".replace("%", " %"),
        f"{measured / GB:.1f} GB reserved, {max(peaks(out)['allocated']) / GB:.1f} allocated; {_speed(rate, share)}; "
        f"loss {result.first_loss:.2f} → {result.last_loss:.2f}",
        memory_verdict(foretold, measured),
        time.monotonic() - started,
    )
    figures = None if share is None else LayoutFigures(memory_factor=measured / foretold, utilisation=share)
    return Trained(row, out, figures)


def reinforced(setting: Setting, student: Path) -> Row:
    """Some steps of GRPO, from a model that was trained here."""
    started, out = time.monotonic(), setting.out / "grpo"
    overrides = (*setting.grpo_overrides, f"distill.base={student}")
    recipe = load_grpo(setting.grpo, overrides)
    found = grpo_fit.estimate(recipe, setting.num_processes).memory
    result = grpo_stage.grpo(
        setting.grpo,
        setting.out / "prompts.jsonl",
        out=out,
        overrides=overrides,
        num_gpus=setting.num_processes,
        verify=VerifySection(),
    )
    foretold, measured = found.computed + found.engine, max(peaks(out)["reserved"])
    return Row(
        "grpo",
        f"{result.num_steps} steps of {result.completions_per_step} completions on {setting.num_processes}",
        f"{foretold / GB:.1f} GB, engine included",
        f"{measured / GB:.1f} GB reserved; reward {result.first_reward:.2f} → {result.last_reward:.2f}",
        memory_verdict(foretold, measured),
        time.monotonic() - started,
    )


def peaks(out: Path) -> dict[str, list[int]]:
    """The peak memory of each process, as the worker wrote it."""
    found = json.loads((work_of(out) / METRICS).read_text(encoding="utf-8"))["peak_bytes"]
    assert isinstance(found, dict)
    return found


def _speed(rate: float, share: float | None) -> str:
    told = f"{rate:,.0f} tokens/s each"
    return told if share is None else f"{told}, MFU {share:.1%}".replace("%", " %")
