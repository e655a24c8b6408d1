"""Ends a training that gets no better."""

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments


class EarlyStop(TrainerCallback):
    """Stops after as many evaluations in a row without a better one.

    It counts in the trainer's log, which checkpoints hold, so that a resumed training stops where an unbroken one does;
    transformers' own callback begins anew. An evaluation without the measure, since no verifier decided, counts for
    nothing.
    """

    def __init__(self, patience: int) -> None:
        self._patience = patience

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:
        """After the evaluation's entry is in the log."""
        name = f"eval_{str(args.metric_for_best_model).removeprefix('eval_')}"
        seen = [entry[name] for entry in state.log_history if name in entry]
        best = (max if args.greater_is_better else min)(seen, default=None)
        if best is not None and len(seen) - 1 - seen.index(best) >= self._patience:
            control.should_training_stop = True
