"""What a training did, and the model card that says so."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import JsonValue, model_validator

from distill.errors import RunError
from distill.formatting import markdown_table
from distill.references import Record
from distill.training.lineage import Lineage, hyperparameter_table, lineage_table, public_name
from distill.training.model_card import SCORES, metadata, model_card, short_name, unscored, usage

RESULT = "sft.json"
JOINT = " + "
"""Between the names of several datasets that were trained on together."""
ROWS = 20
"""Rows of the table of evaluations at most; `sft.json` has every one."""


class Evaluation(Record):
    """How the student did on what it was not trained on; None is what was not measured."""

    step: int
    loss: float | None = None
    pass_at_1: float | None = None


class SftResult(Record):
    """Lineage and outcome of a training; `sft.json` in the model folder holds it."""

    model: Path
    lineage: Lineage
    dataset: str
    dataset_digest: str
    """Of the dataset's files: the revision that was trained on."""
    teachers: tuple[str, ...]
    num_rows: int
    num_overlong: int
    """Rows dropped because they are longer than `max_length`."""
    set_aside: dict[str, int]
    """Rows that cannot be trained on, by reason."""
    num_tokens: int
    """Tokens seen in training: all epochs, prompts included."""
    num_steps: int
    rows_per_step: int
    first_loss: float
    last_loss: float
    evaluations: tuple[Evaluation, ...] = ()
    kept_step: int | None = None
    """Whose checkpoint is the model, where evaluations chose it; None is the last."""
    was_done: bool = False
    """True where an earlier call had finished the same training."""

    @model_validator(mode="before")
    @classmethod
    def _of_one_reason(cls, given: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """Results of an earlier version count one reason, under a name of its own."""
        control = given.pop("num_control", None)
        return given if control is None else given | {"set_aside": {"control tokens": control}}


def write_card(model: Path) -> Path:
    """Write README.md of a trained model from its sft.json."""
    file = model / RESULT
    if not file.is_file():
        raise RunError(f"{model} has no {RESULT}, so nothing is known of its training. Train it with: distill sft")
    result = SftResult.model_validate_json(file.read_bytes())
    path = model / "README.md"
    path.write_text(card(result), encoding="utf-8")
    return path


def card(result: SftResult) -> str:
    """The card's text: the Hub's metadata, then what the model is, how it is used, and how it came about."""
    lineage, base = result.lineage, short_name(result.lineage.base)
    from_whom = ", ".join(short_name(name) for name in result.teachers)
    title = f"{base} distilled from {from_whom}" if from_whom else f"{base} fine-tuned"
    about = (
        f"{public_name(lineage.base)}, fine-tuned on {result.num_rows:,} verified reasoning traces with `distill sft`."
    )
    sections = {
        "intro": about,
        "use": usage(result.model),
        SCORES: unscored(result.model),
        "training": lineage_table(lineage, _rows(result)),
        "hyperparameters": hyperparameter_table(lineage),
        "held-out": _evaluations(result),
    }
    return model_card(title, metadata(lineage, "sft", result.dataset.split(JOINT)), sections)


def _rows(result: SftResult) -> dict[str, str]:
    reasons = {"longer than max_length": result.num_overlong, **result.set_aside}
    left_out = ", ".join(f"{number:,} ({reason})" for reason, number in reasons.items() if number) or "none"
    names = JOINT.join(public_name(name) for name in result.dataset.split(JOINT))
    dataset = f"{names}, digest `{result.dataset_digest}`"
    return {
        "dataset": f"{dataset}, {result.num_rows:,} rows; left out: {left_out}",
        "teacher": ", ".join(result.teachers) or "not stated by the dataset",
        "tokens seen": f"{result.num_tokens:,}",
        "steps": f"{result.num_steps:,} of {result.rows_per_step} rows",
        "loss": f"{result.first_loss:.3f} → {result.last_loss:.3f}",
    }


def evaluations_of(log: Sequence[Mapping[str, float]]) -> tuple[Evaluation, ...]:
    """The evaluations among a trainer's log entries; several of one step are one."""
    found: dict[int, dict[str, float]] = {}
    for entry in log:
        for name in ("eval_loss", "eval_pass_at_1"):
            if name in entry:
                found.setdefault(int(entry["step"]), {})[name.removeprefix("eval_")] = entry[name]
    return tuple(Evaluation.model_validate({"step": step} | measured) for step, measured in found.items())


def _evaluations(result: SftResult) -> str:
    """A table of the held-out curve, every n-th evaluation of a long one, and which checkpoint is the model."""
    points = result.evaluations
    if not points:
        return ""
    shown = [
        *points[:: -(-len(points) // (ROWS - 2)) or 1],
        *(p for p in points if p.step == result.kept_step),
        points[-1],
    ]
    rows = {p.step: (f"{p.step:,}", _number(p.loss, "{:.3f}"), _number(p.pass_at_1, "{:.1%}")) for p in shown}
    table = markdown_table(("step", "held-out loss", "pass@1"), [rows[step] for step in sorted(rows)], "rrr")
    kept = "the last step" if result.kept_step is None else f"step {result.kept_step:,}, the best of these"
    return f"## Held-out rows while training\n\n{table}\n\nThe model is the checkpoint of {kept}."


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)
