"""Evaluation is generation + verification + statistics: a run folder of its own, and a score."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from distill import __version__
from distill.dataset import majority
from distill.errors import InputError
from distill.evaluation.models import setup_of
from distill.evaluation.scores import Score
from distill.metrics import Equal, Vote, consensus, mean_pass_at_k, pass_at_1
from distill.progress import say
from distill.recipe.sections import EvalSection, GenerateSection, TeacherSection, VerifySection
from distill.records import Outcome
from distill.references import VerifierName
from distill.rows.columns import Row
from distill.rows.read import file_digest
from distill.sampling.generate import generate
from distill.sampling.prompts import import_prompts
from distill.store import RunFolder
from distill.store.stages import utc_now
from distill.teacher.engines.engine import Engine
from distill.verifiers.verify import verify_run

VOTES_BY: tuple[VerifierName, ...] = ("math_answer", "choice")
"""Verifiers whose answers can be counted as votes: no two samples write the same program or text."""


class Sampled(NamedTuple):
    """What a score needs to know of one sample."""

    outcome: Outcome
    verifier: VerifierName
    extracted: str | None
    num_tokens: int
    is_truncated: bool
    has_answer_after_thinking: bool


def evaluate(folder: Path, model: TeacherSection, settings: EvalSection, verify: VerifySection) -> Score:
    """Score a model on the prompts of `settings.file`; every sample is kept in `folder`, a run of its own.

    An engine that the model names is started when a sample is missing, and stopped at the end. Run again, it goes on
    where it stopped.
    """
    drawing = GenerateSection(
        policy=f"fixed({settings.num_samples})", sampling=settings.sampling, concurrency=settings.concurrency
    )
    with RunFolder.open(folder, say) as run, Engine(model, folder / "engine.log", say) as engine:
        import_prompts(run, settings.file)
        generate(run, model, drawing, engine, verify)
        verify_run(run, verify)
        found = score(run, model.model, settings.name or settings.file.stem)
    return found.model_copy(
        update={
            "sampling": settings.sampling,
            "setup": setup_of(model, settings.concurrency),
            "prompts_sha256": file_digest(settings.file),
            "versions": {"distill": __version__},
            "finished": utc_now(),
        }
    )


def score(run: RunFolder, model: str, benchmark: str) -> Score:
    """Compute the score of what a run holds. Estimators use the samples that exist."""
    groups = read_samples(run)
    samples = [sample for group in groups.values() for sample in group]
    if not samples:
        raise InputError(f"{run.path} holds no verified samples to score; run the evaluation again.")
    decisions = [decided(group) for group in groups.values()]
    if not any(decisions):
        raise InputError(f"No verifier could decide on any of the {len(samples)} samples of {run.path}: {_why(run)}.")
    interval = pass_at_1(decisions)
    return Score(
        model=model,
        benchmark=benchmark,
        num_prompts=len(groups),
        num_samples=len(samples),
        pass_at_1=round(interval.mean, 6),
        low=round(interval.low, 6),
        high=round(interval.high, 6),
        pass_at_k=_pass_at_ks(decisions),
        consensus=_mean_consensus(list(groups.values())),
        abstain_share=_share(sample.outcome is Outcome.ABSTAIN for sample in samples),
        truncated_share=_share(sample.is_truncated for sample in samples),
        no_think_share=_share(not sample.has_answer_after_thinking for sample in samples),
        mean_num_tokens=sum(sample.num_tokens for sample in samples) / len(samples),
    )


def read_samples(run: RunFolder) -> dict[str, list[Sampled]]:
    """Every verified sample of a run without its texts, by prompt and in the order of their indices.

    Held in memory: some hundred bytes of each sample.
    """
    columns = ["prompt_id", "index", "outcome", "verifier", "extracted"]
    verdicts = {run.verdicts.key(row): row for row in run.verdicts.rows(columns)}
    found: dict[str, list[tuple[int, Sampled]]] = {}
    for row in run.samples.rows(["prompt_id", "index", "reasoning", "answer", "num_tokens", "finish_reason"]):
        name, index = run.samples.key(row)
        verdict = verdicts.get((name, index))
        if verdict is not None:
            found.setdefault(name, []).append((index, _sampled(row, verdict)))
    return {name: [sample for _, sample in sorted(group)] for name, group in found.items()}


def decided(group: Sequence[Sampled]) -> list[bool]:
    """Whether each sample of a group passed that a verifier could decide on."""
    return [sample.outcome is Outcome.PASS for sample in group if sample.outcome is not Outcome.ABSTAIN]


def _sampled(row: Row, verdict: Row) -> Sampled:
    num_tokens, extracted = row["num_tokens"], verdict["extracted"]
    assert isinstance(num_tokens, int)
    return Sampled(
        outcome=Outcome(str(verdict["outcome"])),
        verifier=verdict["verifier"],  # type: ignore[arg-type]  # the table holds nothing else
        extracted=None if extracted is None else str(extracted),
        num_tokens=num_tokens,
        is_truncated=row["finish_reason"] == "length",
        has_answer_after_thinking=row["reasoning"] is not None and bool(row["answer"]),
    )


def _pass_at_ks(groups: Sequence[Sequence[bool]]) -> dict[int, float]:
    """pass@2, @4, @8 … as far as most prompts have that many decided samples."""
    found = {}
    k = 2
    while 2 * sum(len(group) >= k for group in groups) > len(groups):
        value = mean_pass_at_k(groups, k)
        if value is not None:
            found[k] = round(value, 6)
        k *= 2
    return found


def _mean_consensus(groups: Sequence[Sequence[Sampled]]) -> float | None:
    """cons@k over all prompts whose answers can be counted; None where there are none, or one sample each."""
    if max(map(len, groups), default=0) < 2:
        return None
    votable = [[s for s in group if s.verifier in VOTES_BY and s.outcome is not Outcome.ABSTAIN] for group in groups]
    found = [consensus(_votes(group), _equality(group[0].verifier)) for group in votable if group]
    known = [value for value in found if value is not None]
    return round(sum(known) / len(known), 6) if known else None


def _votes(group: Sequence[Sampled]) -> list[Vote]:
    return [Vote(sample.extracted, sample.outcome is Outcome.PASS) for sample in group]


def _equality(verifier: VerifierName) -> Equal:
    return majority.equal if verifier == "math_answer" else str.__eq__


def _why(run: RunFolder) -> str:
    return str(next(run.verdicts.rows(["reason"]))["reason"])


def _share(flags: Iterator[bool]) -> float:
    found = list(flags)
    return sum(found) / len(found)
