"""What a TRL YAML evaluates on: rows that are held out, or nothing."""

from typing import NamedTuple

from distill.training.from_trl.line import LeftOut, Line, Settings
from distill.training.from_trl.rows import held_out_rows
from distill.training.settings.keys import Method

_BEST = {"load_best_model_at_end", "metric_for_best_model", "greater_is_better", "per_device_eval_batch_size"}
_NONE = "nothing is evaluated"
_UNNAMED = {
    "sft": "name what is held out, say: distill.held_out.share=0.01 eval_strategy=epoch",
    "grpo": "name what is held out, say: distill.held_out.prompts=FILE eval_strategy=epoch",
}


class Evaluation(NamedTuple):
    """The lines after a look at what is held out."""

    trl: list[Line]
    block: list[Line]
    left_out: list[LeftOut]


def evaluation(settings: Settings, lines: list[Line], given: Settings, method: Method) -> Evaluation:
    """Keep the keys of an evaluation where rows for it are named; `given` is the block of the command line."""
    strategy = next((line.value for line in lines if line.key == "eval_strategy"), "no")
    held_out = [] if "held_out" in given else _held_out(settings, method)
    if strategy != "no" and (held_out or "held_out" in given):
        return Evaluation(lines, held_out, [])
    reason = _NONE if strategy == "no" else _UNNAMED[method]
    kept = [line for line in lines if not _is_about_it(line.key)]
    dropped = [LeftOut(line.key, line.value, reason) for line in lines if _is_about_it(line.key)]
    return Evaluation(kept, [], [one for one in dropped if one.value != "no"])


def _is_about_it(key: str) -> bool:
    return key.startswith("eval_") or key in _BEST or key.endswith("_eval")


def _held_out(settings: Settings, method: Method) -> list[Line]:
    if method == "grpo":
        return []
    if rows := held_out_rows(settings):
        return [Line("held_out", {"rows": str(rows)}, "from the file's test split")]
    mixture = settings.get("dataset_mixture")
    share = mixture.get("test_split_size") if isinstance(mixture, dict) else None
    if isinstance(share, float) and share < 1:
        return [Line("held_out", {"share": share}, "from test_split_size")]
    return []
