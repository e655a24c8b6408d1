"""How good the student is while it trains: at each evaluation it answers held-out prompts, and verifiers decide."""

import asyncio
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from accelerate.utils import gather_object
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl import SFTTrainer  # type: ignore[attr-defined]

from distill.metrics import pass_at_1
from distill.records import Outcome
from distill.training.held_out import read_written
from distill.training.recipe import HeldOut
from distill.training.worker.answers import Answering
from distill.training.worker.early_stop import EarlyStop
from distill.training.worker.judging import outcomes

METRIC = "eval_pass_at_1"


def examine(trainer: SFTTrainer, student: str, work: Path, settings: HeldOut) -> None:
    """Have `trainer` examine its model at each evaluation, as `settings` say."""
    if settings.prompts is not None:
        answering = Answering(trainer, student, read_written(work), settings)
        trainer.add_callback(Examination(trainer, answering))
    if settings.patience is not None:
        trainer.add_callback(EarlyStop(settings.patience))  # after what it counts by


class Examined(NamedTuple):
    """What became of one answer."""

    prompt: int
    """The number of its prompt."""
    outcome: Outcome
    is_truncated: bool


class Examination(TrainerCallback):
    """Adds the student's pass@1 to an evaluation: to the log, and to what chooses the best checkpoint.

    An answer that was cut off has failed. What no verifier could decide on, one that broke down included, is counted
    and stays out of the rate. Where nothing was decided there is no rate, and no checkpoint is better by it.
    """

    def __init__(self, trainer: SFTTrainer, answering: Answering) -> None:
        self._trainer, self._answering = trainer, answering

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **kwargs: object,
    ) -> None:
        """After the loss on held-out rows was measured and logged."""
        metrics = kwargs["metrics"]
        assert isinstance(metrics, dict)
        found = measures(self._examine(args.ddp_timeout / 2))
        metrics |= {METRIC: math.nan} | found  # transformers asks for a number
        self._trainer.log(dict(found))
        loss, rate = state.log_history[-2:]
        state.log_history[-2:] = [loss | rate]  # whoever reads the log finds an evaluation in one entry

    def _examine(self, timeout_s: float) -> list[Examined]:
        """Every answer, on every process: half of what the others wait for each other may go into judging."""
        answers = self._answering.draw()
        decided = asyncio.run(outcomes(answers, timeout_s))
        mine = [
            Examined(answer.number, outcome, answer.is_truncated)
            for answer, outcome in zip(answers, decided, strict=True)
        ]
        return list(gather_object(mine))


def measures(examined: Sequence[Examined]) -> dict[str, float]:
    """What the log says of an examination; `eval_pass_at_1` is missing where nothing was decided."""
    groups: dict[int, list[bool]] = {}
    for one in examined:
        if one.outcome is not Outcome.ABSTAIN:
            groups.setdefault(one.prompt, []).append(one.outcome is Outcome.PASS)
    counts = {
        "eval_num_answers": len(examined),
        "eval_num_truncated": sum(one.is_truncated for one in examined),
        "eval_num_undecided": sum(one.outcome is Outcome.ABSTAIN for one in examined),
    }
    ordered = [groups[prompt] for prompt in sorted(groups)]
    return counts | ({METRIC: round(pass_at_1(ordered).mean, 6)} if groups else {})
