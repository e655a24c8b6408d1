"""A training that stops where a number is no longer finite, and says at which step, before anything of it is kept."""

import math
from pathlib import Path

import torch
from torch import nn
from torch.distributed.tensor import DTensor
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from distill.errors import DistillError
from distill.training.worker.checkpoints import last_whole

WAYS = (
    "That is enough where a device erred once. If it stops there again, train into another --out with a lower "
    "learning_rate or max_grad_norm or a longer warm-up; if it stops in the first steps whatever these are, look at "
    "the base's weights and at the rows (distill sft --check)."
)


class Finite(TrainerCallback):
    """Looks at the weights before the first step and at each checkpoint, and at every logged loss.

    Has to stand before `Seal`, so that no checkpoint with such weights is ever sealed.
    """

    def on_train_begin(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **kwargs: object,
    ) -> None:
        """Before the first step: the base, or the checkpoint that is resumed."""
        if (name := non_finite(kwargs["model"])) is not None:
            origin = "the checkpoint that is resumed" if state.global_step else "the base"
            raise DistillError(
                f"Nothing was trained: the weights `{name}` of {origin} hold values that are NaN or infinite. Put it "
                "right, or choose another."
            )

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object) -> None:  # noqa: ARG002
        """After this process wrote its part of a checkpoint."""
        if (name := non_finite(kwargs["model"])) is not None:
            raise _stopped(args, state, state.global_step, f"it made values of `{name}` NaN or infinite")

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object) -> None:  # noqa: ARG002
        """Losses of the steps since the last log, or of an evaluation."""
        logs = kwargs["logs"]
        assert isinstance(logs, dict)
        for name in ("loss", "eval_loss"):
            if not math.isfinite(logs.get(name, 0.0)):
                raise _stopped(args, state, state.global_step, f"its {name} is {logs[name]}")


def watch(trainer: Trainer) -> None:
    """Have `trainer` stop in the step whose gradient is not finite.

    The norm is that over all processes, so all of them stop together; it is known before the weights change, except
    under DeepSpeed, which gives it afterwards. In float16 infinite gradients are how the loss scale is found: such a
    step is skipped by itself, and only losses and weights are looked at.
    """
    # By default the trainer leaves such a loss out of what it logs.
    trainer.args.logging_nan_inf_filter = False
    if trainer.accelerator.scaler is not None:
        return
    clip = trainer.accelerator.clip_grad_norm_

    def clip_and_look(*args: object, **kwargs: object) -> object:
        norm = clip(*args, **kwargs)
        norm = norm.full_tensor() if isinstance(norm, DTensor) else norm
        if norm is not None and not math.isfinite(norm):
            raise _stopped(trainer.args, trainer.state, trainer.state.global_step + 1, f"its gradient norm is {norm}")
        return norm

    trainer.accelerator.clip_grad_norm_ = clip_and_look


def non_finite(model: object) -> str | None:
    """The first weights of this process's share that hold NaN or infinity.

    Those in four bits are not looked at: bytes that spell no number.
    """
    assert isinstance(model, nn.Module)
    named = [
        (f"{place}.{name}".removeprefix("."), _own(weights))
        for place, module in model.named_modules()
        for name, weights in module.named_parameters(recurse=False)
        if not hasattr(module, "quant_state")  # as bitsandbytes' layers have, sharded ones too
    ]
    named = [(name, own) for name, own in named if own.numel() and own.is_floating_point()]
    # Least and greatest carry NaN, need no copy of the weights, and the device is waited for once.
    ends = [torch.stack(own.aminmax()).isfinite().all() for _, own in named]
    are_finite = torch.stack(ends).tolist() if ends else []
    return next((name for (name, _), is_finite in zip(named, are_finite, strict=True) if not is_finite), None)


def _own(weights: torch.Tensor) -> torch.Tensor:
    """What this process holds of them, under FSDP2 and under DeepSpeed's ZeRO-3."""
    weights = weights.detach()
    return weights.to_local() if isinstance(weights, DTensor) else getattr(weights, "ds_tensor", weights)


def _stopped(args: TrainingArguments, state: TrainerState, step: int, why: str) -> DistillError:
    losses = [f"{entry['loss']:.3g} at step {entry['step']}" for entry in state.log_history if "loss" in entry]
    seen = f" The last loss that was logged is {losses[-1]}." if losses else ""
    whole = last_whole(Path(str(args.output_dir)))
    again = f"goes on from {Path(whole).name}" if whole else "begins anew, since there is no whole checkpoint"
    return DistillError(f"Training stopped in step {step}: {why}.{seen} The same command {again}. {WAYS}")
