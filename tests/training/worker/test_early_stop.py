from pathlib import Path

import pytest
from transformers import TrainerControl, TrainerState, TrainingArguments

from distill.training.worker.early_stop import EarlyStop


def is_stopped(tmp_path: Path, losses: list[float | None], patience: int, *, is_rate: bool = False) -> bool:
    """Whether a training ends after evaluations with these values; None: not decided."""
    name = "eval_pass_at_1" if is_rate else "eval_loss"
    log = [{"step": step} | ({} if value is None else {name: value}) for step, value in enumerate(losses)]
    args = TrainingArguments(
        output_dir=str(tmp_path),
        metric_for_best_model=name.removeprefix("eval_"),
        greater_is_better=is_rate,
        use_cpu=True,
    )
    control = TrainerControl()
    EarlyStop(patience).on_evaluate(args, TrainerState(log_history=log), control)
    return control.should_training_stop


@pytest.mark.parametrize(
    ("losses", "stops"),
    [([3], False), ([3, 2, 1], False), ([3, 2, 2.5], False), ([3, 2, 2.5, 2], True), ([3, 2, 2.5, 2, 1], False)],
)
def test_it_stops_after_two_evaluations_without_a_better_one(
    tmp_path: Path, losses: list[float | None], stops: bool
) -> None:
    assert is_stopped(tmp_path, losses, 2) is stops


def test_more_is_better_where_the_recipe_says_so(tmp_path: Path) -> None:
    assert is_stopped(tmp_path, [0.5, 0.4], 1, is_rate=True)
    assert not is_stopped(tmp_path, [0.4, 0.5], 1, is_rate=True)


def test_an_evaluation_that_nobody_could_decide_on_is_no_reason_to_stop(tmp_path: Path) -> None:
    assert not is_stopped(tmp_path, [None, None, None], 1, is_rate=True)
    assert not is_stopped(tmp_path, [0.5, None, None], 1, is_rate=True)
