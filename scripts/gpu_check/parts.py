"""The parts in their order. One that fails becomes a row, and the others go on."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from distill import __version__
from distill.errors import InputError
from distill.files import write_whole
from distill.progress import say
from distill.training.machine.calibration import Calibration
from gpu_check.samples import write_prompts
from gpu_check.serving import compared, sampled
from gpu_check.setting import Setting
from gpu_check.table import Row, failure, table
from gpu_check.training import Trained, reinforced, trained


def check(setting: Setting, skipped: set[str]) -> int:
    """Run all parts but those skipped; print the table and leave it, with the figures, in the folder."""
    setting.out.mkdir(parents=True, exist_ok=True)
    write_prompts(setting.prompts, setting.out / "prompts.jsonl", setting.num_prompts)
    rows: list[Row] = []
    done: dict[str, Trained] = {}

    def run(part: str, perform: Callable[[], Row]) -> None:
        if part not in skipped:
            rows.append(_row(part, perform))
            _write(setting, rows, done)

    def train(name: str) -> Row:
        layout = next(layout for layout in setting.layouts if layout.name == name)
        if layout.is_missing:
            raise InputError(
                f"{layout.needs} is not installed, so this layout was left out: pip install {layout.needs}"
            )
        done[name] = trained(setting, layout)
        return done[name].row

    run("teacher", lambda: sampled(setting))
    for layout in setting.layouts:
        run(layout.name, lambda name=layout.name: train(name))  # type: ignore[misc]
    run("grpo", lambda: reinforced(setting, _model(done)))
    run("served", lambda: compared(setting, _model(done)))
    print(f"{_heading(setting)}\n\n{table(rows)}")
    return 1 if any(row.verdict.startswith("failed") for row in rows) else 0


def _row(part: str, perform: Callable[[], Row]) -> Row:
    say(f"gpu-check: {part}")
    started = time.monotonic()
    try:
        return perform()
    except Exception as error:  # noqa: BLE001 - whatever it was, it is told in the table
        return failure(part, error, time.monotonic() - started)


def _model(done: dict[str, Trained]) -> Path:
    """A model that was trained whole; an adapter's trainer leaves no whole model to compare with."""
    whole = [each.model for name, each in done.items() if "lora" not in name]
    if not whole:
        raise InputError("No full training of this check ended well, and this part begins from its model.")
    return whole[0]


def _heading(setting: Setting) -> str:
    from importlib.metadata import PackageNotFoundError, version

    def known(name: str) -> str:
        try:
            return f"{name} {version(name)}"
        except PackageNotFoundError:
            return f"no {name}"

    names = ("torch", "transformers", "trl", "accelerate", "peft", "vllm", "deepspeed", "bitsandbytes")
    return f"gpu-check of distill {__version__} on {setting.hardware}; {', '.join(map(known, names))}"


def _write(setting: Setting, rows: list[Row], done: dict[str, Trained]) -> None:
    """After each part, so that nothing measured is lost."""
    figures = {name: each.figures for name, each in done.items() if each.figures is not None}
    date = datetime.now(UTC).date().isoformat()
    calibration = Calibration(hardware=setting.hardware, date=date, layouts=figures)
    write_whole(setting.out / "calibration.json", calibration.model_dump_json(indent=2))
    write_whole(setting.out / "table.md", f"{_heading(setting)}\n\n{table(rows)}\n")
    write_whole(setting.out / "rows.json", json.dumps([row._asdict() for row in rows], indent=1, ensure_ascii=False))
