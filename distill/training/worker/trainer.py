"""What the processes that train have in common: reading TRL's settings, the loop, and what it leaves behind."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl import GRPOConfig, ModelConfig, SFTConfig, TrlParser  # type: ignore[attr-defined]

from distill.files import write_whole
from distill.training.machine.launch import MARK
from distill.training.work_folder import METRICS
from distill.training.worker.checkpoints import last_whole

Config = TypeVar("Config", SFTConfig, GRPOConfig)


class Report(TrainerCallback):
    """Prints each step, and each log with its loss, as lines that start with MARK."""

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:  # noqa: ARG002
        """After an optimizer step."""
        _say(state, {})

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object) -> None:  # noqa: ARG002
        """After the trainer logged."""
        _say(state, kwargs["logs"])


def parse(config: Path, kind: type[Config]) -> tuple[Config, ModelConfig]:
    """Read a resolved YAML with TRL's own parser, which refuses what it does not know."""
    training, model = TrlParser((kind, ModelConfig)).parse_args_and_config(  # type: ignore[arg-type]
        ["--config", str(config)]
    )
    assert isinstance(training.model_init_kwargs, dict | None)
    given = training.model_init_kwargs or {}
    training.model_init_kwargs = {"attn_implementation": model.attn_implementation, "dtype": model.dtype, **given}
    return training, model


def train(trainer: Trainer, work: Path, close: Callable[[], object] = lambda: None) -> None:
    """Train from the last whole checkpoint on; leave the model in WORK/model and the measures in WORK/metrics.json.

    `close` ends what the training held open, between the two.
    """
    started = time.monotonic()
    result = trainer.train(resume_from_checkpoint=last_whole(work))
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
            "log": trainer.state.log_history,
        }
        write_whole(work / METRICS, json.dumps(result.metrics | measured, indent=2))
    trainer.end()  # type: ignore[no-untyped-call]


def _say(state: TrainerState, logs: object) -> None:
    assert isinstance(logs, dict)
    if state.is_world_process_zero:
        line = {"step": state.global_step, "steps": state.max_steps, **logs}
        print(MARK + json.dumps(line), flush=True)
