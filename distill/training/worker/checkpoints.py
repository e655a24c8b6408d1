"""Checkpoints that are whole: a training killed while it writes one resumes from the one before."""

from pathlib import Path

from accelerate import PartialState
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

SEAL = "whole"
"""A file in a checkpoint's folder, written after every process has written its part."""


class Seal(TrainerCallback):
    """Marks each checkpoint once all of it is on disk."""

    def on_train_begin(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **_: object,
    ) -> None:
        """Have a resumed training save, log and evaluate as often as now asked: its checkpoint kept the old numbers."""
        state.compute_steps(args, state.max_steps)  # type: ignore[no-untyped-call]

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:  # noqa: ARG002
        """After this process wrote its part."""
        PartialState().wait_for_everyone()
        if state.is_world_process_zero:
            (Path(str(args.output_dir)) / f"checkpoint-{state.global_step}" / SEAL).touch()


def last_whole(work: Path) -> str | None:
    """The folder of the last checkpoint that is sealed; None where there is none. Transformers takes any last one."""
    found = [seal.parent for seal in work.glob(f"checkpoint-*/{SEAL}")]
    return str(max(found, key=lambda folder: int(folder.name.rpartition("-")[2]))) if found else None
