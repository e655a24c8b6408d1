"""What a run holds: its counts, stage by stage, and single traces in readable form."""

from collections.abc import Iterator

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from distill.errors import InputError
from distill.records import Outcome, Sample, Trace
from distill.scores import Score, read_scores
from distill.selection import count
from distill.store import PromptLookup, RunFolder, schemas
from distill.store.candidates import candidates


def print_summary(run: RunFolder) -> None:
    """Print `summary` to stdout."""
    Console(highlight=False).print(summary(run))


def print_traces(run: RunFolder, prompt_id: str) -> None:
    """Print every trace of a prompt to stdout."""
    console = Console(highlight=False)
    for trace in traces(run, prompt_id):
        console.print(readable(trace))


def summary(run: RunFolder) -> Table:
    """One table: prompts → samples → verdicts → rows kept → student before and after."""
    groups = candidates(run)
    totals = [count(group) for group in groups.values()]
    num_samples, num_passed = sum(t.num_samples for t in totals), sum(t.num_passed for t in totals)
    num_failed, num_tokens = sum(t.num_failed for t in totals), sum(c.num_tokens for g in groups.values() for c in g)
    num_undecided = sum(c.outcome is Outcome.ABSTAIN for group in groups.values() for c in group)
    kept = run.manifest.stages.get("select")
    table = Table(title=str(run.path), show_header=False, title_justify="left")
    table.add_row("prompts", f"{run.prompts.count():,}")
    table.add_row("samples", f"{num_samples:,} ({num_tokens:,} teacher tokens)")
    table.add_row("pass / fail / abstain", f"{num_passed:,} / {num_failed:,} / {num_undecided:,}")
    if num_passed + num_failed:
        table.add_row("pass rate", f"{num_passed / (num_passed + num_failed):.1%} of the decided")
    if kept is not None and kept.is_done:
        num_rows = int(kept.counts["rows"])
        table.add_row("rows kept", f"{num_rows:,} ({num_tokens / num_rows:,.0f} teacher tokens a row)")
    for when, score in read_scores(run.path).items():
        table.add_row(f"student {when}", scored(score))
    for name, entry in run.manifest.stages.items():
        state = f"done in {entry.seconds:,.1f} s" if entry.is_done else "begun"
        table.add_row(f"stage {name}", state)
    return table


def traces(run: RunFolder, prompt_id: str) -> Iterator[Trace]:
    """The traces of one prompt. Raises InputError where the run has no such prompt."""
    prompts = PromptLookup(run.prompts)
    if prompt_id not in prompts:
        raise InputError(f"{run.path} has no prompt {prompt_id!r}. `samples/` and `prompts/` hold the ids.")
    verdicts = {
        run.verdicts.key(row): schemas.verdict_of(row) for row in run.verdicts.rows() if row["prompt_id"] == prompt_id
    }
    for row in run.samples.rows():
        if row["prompt_id"] == prompt_id:
            sample = schemas.sample_of(row)
            yield Trace(prompt=prompts[prompt_id], sample=sample, verdict=verdicts.get((prompt_id, sample.index)))


def readable(trace: Trace) -> Panel:
    """A trace as a person wants to read it."""
    parts = [Text(f"{message.role}: {message.content}") for message in trace.prompt.messages]
    if trace.sample.reasoning:
        parts.append(Text(trace.sample.reasoning, style="dim"))
    parts.append(Text(trace.sample.answer))
    return Panel(Group(*parts), title=_title(trace.sample, trace), title_align="left")


def scored(score: Score) -> str:
    """A score in a line."""
    return (
        f"pass@1 {score.pass_at_1:.1%} [{score.low:.1%}, {score.high:.1%}] on {score.num_prompts} prompts × "
        f"{score.num_samples // score.num_prompts} samples; abstain {score.abstain_share:.1%}"
    )


def _title(sample: Sample, trace: Trace) -> str:
    verdict = trace.verdict
    decision = f"{verdict.outcome.value}: {verdict.reason}" if verdict else "not verified"
    return (
        f"{sample.prompt_id} · sample {sample.index} · {sample.num_tokens} tokens, {sample.finish_reason} · {decision}"
    )
