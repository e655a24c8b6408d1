"""What a reinforcement-learning training did, and the model card that says so, reward curve included."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from distill.references import Record
from distill.training.grpo.scoring import UNDECIDED, logged_name
from distill.training.lineage import Lineage, hyperparameter_table, lineage_table, public_name
from distill.training.model_card import SCORES, metadata, model_card, short_name, unscored, usage

ROWS = 20
"""Rows of the curve's table at most; `grpo.json` has every step."""


class Point(Record):
    """One optimizer step that a rollout was made for. Means are over the rollout's completions."""

    step: int
    reward: float | None
    """The weighted sum; None where no reward had anything to say."""
    rewards: dict[str, float | None]
    """Each by its name, before weighting."""
    num_tokens: float
    """Of a completion."""
    truncated_share: float
    undecided_share: float = 0.0
    """Completions that taught nothing, since no verifier could decide on them or all rewards failed."""


class GrpoResult(Record):
    """Lineage and outcome of a training; `grpo.json` in the model folder holds it."""

    model: Path
    lineage: Lineage
    prompts: str
    prompts_digest: str
    verifier_digest: str | None = None
    """Of the settings by which answers were checked."""
    weights: dict[str, float]
    """What completions were rewarded for."""
    num_prompts: int
    num_set_aside: int
    """Rows that are no prompts, are too long, or that nothing can check."""
    num_steps: int
    completions_per_step: int
    num_tokens: int
    """Prompts and completions that were sampled."""
    num_errors: dict[str, int]
    """Completions for which a reward failed or took too long, by its name."""
    curve: tuple[Point, ...]
    was_done: bool = False
    """True where an earlier call had finished the same training."""

    @property
    def first_reward(self) -> float:
        """Mean over the first tenth of the curve."""
        return self._mean(self.curve[: self._tenth])

    @property
    def last_reward(self) -> float:
        """Mean over the last tenth of the curve."""
        return self._mean(self.curve[-self._tenth :])

    @property
    def undecided_share(self) -> float:
        """Of all completions, those that taught nothing."""
        return fmean([point.undecided_share for point in self.curve] or [0.0])

    @property
    def _tenth(self) -> int:
        return max(1, len(self.curve) // 10)

    def _mean(self, points: Sequence[Point]) -> float:
        return fmean([point.reward for point in points if point.reward is not None] or [0.0])


def curve_of(log: Sequence[Mapping[str, float | None]], names: Sequence[str]) -> tuple[Point, ...]:
    """The trainer's log as a curve: its entries that follow a rollout."""
    return tuple(
        Point(
            step=int(entry["step"] or 0),
            reward=entry["reward"],
            rewards={name: entry.get(f"rewards/{name}/mean") for name in names},
            num_tokens=entry["completions/mean_length"] or 0.0,
            truncated_share=entry["completions/clipped_ratio"] or 0.0,
            undecided_share=entry.get(UNDECIDED) or 0.0,
        )
        for entry in log
        if "reward" in entry
    )


def card(result: GrpoResult) -> str:
    """The card's text: the Hub's metadata, then what the model is, how it is used, and how its reward rose."""
    lineage = result.lineage
    about = (
        f"{public_name(lineage.base)}, trained by reinforcement on {result.num_prompts:,} prompts with `distill grpo`."
    )
    sections = {
        "intro": about,
        "use": usage(result.model),
        SCORES: unscored(result.model),
        "training": lineage_table(lineage, _rows(result)),
        "hyperparameters": hyperparameter_table(lineage),
        "reward": f"## Reward\n\n{curve_table(result)}",
    }
    title = f"{short_name(lineage.base)} trained by reinforcement"
    return model_card(title, metadata(lineage, "grpo", [result.prompts]), sections)


def curve_table(result: GrpoResult) -> str:
    """The reward curve as Markdown, at most ROWS rows, each the mean of the steps that it stands for."""
    names = [logged_name(name) for name in result.weights]
    heads = ["step", "reward", *([] if len(names) == 1 else names), "tokens", "cut off", "undecided"]
    lines = [f"| {' | '.join(heads)} |", f"|{' ---: |' * len(heads)}"]
    size = -(-len(result.curve) // ROWS) or 1
    for start in range(0, len(result.curve), size):
        points = result.curve[start : start + size]
        cells = [_steps(points), _mean([point.reward for point in points])]
        cells += [] if len(names) == 1 else [_mean([point.rewards[name] for point in points]) for name in names]
        cells += [f"{fmean(p.num_tokens for p in points):,.0f}", f"{fmean(p.truncated_share for p in points):.0%}"]
        cells.append(f"{fmean(p.undecided_share for p in points):.0%}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _rows(result: GrpoResult) -> dict[str, str]:
    errors = sum(result.num_errors.values())
    is_rewarded = any(point.reward is not None for point in result.curve)
    reward = f"{result.first_reward:.3f} → {result.last_reward:.3f} (first and last tenth)"
    return {
        "prompts": f"{public_name(result.prompts)}, digest `{result.prompts_digest}`, {result.num_prompts:,}; "
        f"{result.num_set_aside:,} set aside",
        "rewards": ", ".join(f"{logged_name(name)} × {weight:g}" for name, weight in result.weights.items()),
        "rewards that failed": f"{errors:,}",
        "completions that nothing could decide on": f"{result.undecided_share:.1%}, which taught nothing",
        "tokens sampled": f"{result.num_tokens:,}",
        "steps": f"{result.num_steps:,} of {result.completions_per_step:,} completions",
        "reward": reward if is_rewarded else "no completion had one",
    }


def _steps(points: Sequence[Point]) -> str:
    first, last = points[0].step, points[-1].step
    return f"{first}" if first == last else f"{first}–{last}"


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{fmean(known):.3f}" if known else "–"
