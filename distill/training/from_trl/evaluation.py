"""What a TRL YAML evaluates on: rows that are held out, or nothing."""

from typing import NamedTuple

from distill.training.from_trl.line import LeftOut, RecipeLine, Settings
from distill.training.from_trl.rows import held_out_rows

_BEST = ("load_best_model_at_end", "metric_for_best_model", "greater_is_better", "per_device_eval_batch_size")
_UNNAMED = "name what is held out, say: distill.held_out.share=0.01 eval_strategy=epoch"


class EvaluationLines(NamedTuple):
    """The lines of SFT after a look at what is held out."""

    trl: list[RecipeLine]
    block: list[RecipeLine]
    left_out: list[LeftOut]


def evaluation(settings: Settings, lines: list[RecipeLine], given: Settings) -> EvaluationLines:
    """Keep the keys of an evaluation where rows for it are named; `given` is the block of the command line."""
    is_evaluated = any(line.key == "eval_strategy" and line.value != "no" for line in lines)
    held_out = _held_out(settings) if is_evaluated and "held_out" not in given else []
    if is_evaluated and (held_out or "held_out" in given):
        return EvaluationLines(lines, held_out, [])
    dropped = [line for line in lines if line.key.startswith("eval_") or line.key in _BEST]
    kept = [line for line in lines if line not in dropped]
    return EvaluationLines(kept, [], [LeftOut(one.key, one.value, _UNNAMED) for one in dropped if is_evaluated])


def _held_out(settings: Settings) -> list[RecipeLine]:
    if rows := held_out_rows(settings):
        return [RecipeLine("held_out", {"rows": rows.source}, "from the file's test split")]
    mixture = settings.get("dataset_mixture")
    share = mixture.get("test_split_size") if isinstance(mixture, dict) else None
    if isinstance(share, float) and share < 1:
        return [RecipeLine("held_out", {"share": share}, "from test_split_size")]
    return []
