"""A score, and where it is written: `scores.json`, the Hub's `.eval_results`, and a model's card."""

from collections.abc import Mapping
from pathlib import Path

import orjson
import yaml
from pydantic import Field

from distill.evaluation.benchmarks import Results
from distill.evaluation.models import Setup
from distill.files import write_whole
from distill.formatting import markdown_table, or_left_out
from distill.hub.sections import parts_of, section
from distill.records import Sampling
from distill.references import Record
from distill.training.model_card import SCORES


class Score(Record):
    """How a model did on a set of prompts. An abstain is left out of every rate but its own."""

    model: str
    benchmark: str
    num_prompts: int
    num_samples: int
    pass_at_1: float
    """The mean over prompts of the share of samples that passed."""
    low: float
    high: float
    """The 95 % interval of `pass_at_1`."""
    pass_at_k: dict[int, float] = Field(default_factory=dict)
    """Unbiased, for k = 2, 4, 8 … up to the number of samples."""
    consensus: float | None = None
    """cons@k: the share of prompts whose most frequent answer is right; None for programs, which are no votes."""
    abstain_share: float
    truncated_share: float
    no_think_share: float = 0.0
    """Samples without an answer behind a `</think>`: it was never written, or nothing followed it."""
    mean_num_tokens: float
    sampling: Sampling | None = None
    setup: Setup | None = None
    prompts_sha256: str | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    finished: str | None = None
    """UTC, ISO 8601."""


Scores = dict[str, Score]


def read_scores(folder: Path) -> Scores:
    """The scores in a folder, by benchmark or by when they were taken; none where it has none."""
    path = folder / "scores.json"
    if not path.exists():
        return {}
    return {name: Score.model_validate(score) for name, score in orjson.loads(path.read_bytes()).items()}


def add_score(folder: Path, name: str, score: Score) -> Scores:
    """Enter a score into a folder's `scores.json`; returns all of them."""
    scores = read_scores(folder) | {name: score}
    tree = {key: each.model_dump(mode="json") for key, each in scores.items()}
    text = orjson.dumps(tree, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    write_whole(folder / "scores.json", text.decode() + "\n")
    return scores


def write_eval_results(folder: Path, name: str, score: Score, results: Results) -> Path:
    """Write a score as the Hub's `.eval_results/NAME.yaml`, which the model's page and the benchmark's show."""
    from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml

    entry = EvalResultEntry(
        dataset_id=results.dataset,
        task_id=results.task,
        value=round(100 * score.pass_at_1, 2),
        date=score.finished,
        notes=describe(score),
    )
    path = folder / ".eval_results" / f"{name}.yaml"
    path.parent.mkdir(exist_ok=True)
    write_whole(path, yaml.safe_dump(eval_result_entries_to_yaml([entry]), sort_keys=False))
    return path


def write_into_card(folder: Path, scores: Mapping[str, Score]) -> Path:
    """Put the scores into the model's README.md, in the place of earlier ones or of the word that there are none."""
    path = folder / "README.md"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    written = section(SCORES, f"## Scores\n\n{table(scores)}")
    parts = parts_of(before)
    if any(part.name == SCORES for part in parts):
        text = "".join(written if part.name == SCORES else part.text for part in parts)
    else:
        text = f"{before.rstrip()}\n\n{written}\n" if before.strip() else f"{written}\n"
    write_whole(path, text)
    return path


def table(scores: Mapping[str, Score]) -> str:
    """Scores as a Markdown table."""
    head = ("benchmark", "pass@1", "95 % interval", "cons@k", "tokens", "how")
    return markdown_table(head, (_cells(name, score) for name, score in scores.items()), "lrcrrl")


def _cells(name: str, score: Score) -> tuple[str, ...]:
    voted = "–" if score.consensus is None else f"{score.consensus:.1%}"
    interval = f"{score.low:.1%} – {score.high:.1%}"
    return name, f"{score.pass_at_1:.1%}", interval, voted, f"{score.mean_num_tokens:,.0f}", describe(score)


def describe(score: Score) -> str:
    """How a score came about, in a line."""
    parts = [f"{score.num_prompts} prompts × {score.num_samples / max(score.num_prompts, 1):g} samples"]
    if score.sampling is not None:
        limit = f"{score.sampling.max_tokens:,} tokens"
        drawn = f"temperature {or_left_out(score.sampling.temperature)}, top-p {or_left_out(score.sampling.top_p)}"
        parts.append(f"{drawn}, {limit}")
    if score.setup is not None and score.setup.engine is not None:
        parts.append(f"{score.setup.engine} {score.setup.engine_version or ''}".strip())
    parts.append(f"truncated {score.truncated_share:.1%}, abstained {score.abstain_share:.1%}")
    return "; ".join(parts)
