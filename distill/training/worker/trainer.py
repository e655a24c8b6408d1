"""What the processes that train have in common: the loop, and what it leaves behind."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from distill.files import write_whole
from distill.training.work_folder import METRICS, PROGRESS
from distill.training.worker.checkpoints import last_whole
from distill.training.worker.peak import peak_bytes


class Report(TrainerCallback):
    """Writes each step, and each log with its loss, to WORK/progress.jsonl."""

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:  # noqa: ARG002
        """After an optimizer step."""
        _say(args, state, {})

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object) -> None:  # noqa: ARG002
        """After the trainer logged."""
        _say(args, state, kwargs["logs"])


def train(trainer: Trainer, work: Path, close: Callable[[], object] = lambda: None) -> None:
    """Train from the last whole checkpoint on; leave the model in WORK/model and the measures in WORK/metrics.json.

    `close` ends what the training held open, between the two.
    """
    started = time.monotonic()
    result = trainer.train(resume_from_checkpoint=last_whole(work))
    peak = peak_bytes(trainer)
    if trainer.is_fsdp_enabled:  # checkpoints stay sharded; the finished model is written whole
        trainer.accelerator.state.fsdp_plugin.set_state_dict_type("FULL_STATE_DICT")
    trainer.save_model(str(work / "model"))
    close()
    if trainer.is_world_process_zero():
        device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
        measured = {
            "seconds": time.monotonic() - started,
            "hardware": f"{trainer.accelerator.num_processes} × {device}",
            "num_processes": trainer.accelerator.num_processes,
            "arguments": trainer.args.to_sanitized_dict(),
            "best_step": trainer.state.best_global_step if trainer.args.load_best_model_at_end else None,
            "peak_bytes": peak,
            "log": trainer.state.log_history,
        }
        write_whole(work / METRICS, json.dumps(result.metrics | measured, indent=2))
    trainer.end()  # type: ignore[no-untyped-call]


def _say(args: TrainingArguments, state: TrainerState, logs: object) -> None:
    assert isinstance(logs, dict)
    if state.is_world_process_zero:
        line = {"step": state.global_step, "steps": state.max_steps, **logs}
        with (Path(str(args.output_dir)) / PROGRESS).open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(line)}\n")
