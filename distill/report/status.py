"""What a run holds: its counts, stage by stage, and single traces in readable form."""

import time
from collections.abc import Iterator, Mapping

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from distill.errors import InputError
from distill.evaluation.scores import Score, read_scores
from distill.records import FailedTest, FinishReason, Outcome, Sample, Trace
from distill.rows import columns as schemas
from distill.sampling.before import Before
from distill.sampling.live import Live, read_live
from distill.sampling.policy import parse_policy
from distill.sampling.refused import refused_of, told
from distill.store import PromptLookup, RunFolder
from distill.store.manifest import made_with

MAX_LINES = 20
"""Of each text of a test that a program did not pass."""
STALE_S = 30.0
"""Silence after which a run that should be at work probably is not."""


def print_summary(run: RunFolder) -> None:
    """Print `summary` to stdout."""
    Console(highlight=False).print(summary(run))


def print_traces(run: RunFolder, prompt_id: str) -> None:
    """Print every trace of a prompt to stdout."""
    console = Console(highlight=False)
    for trace in traces(run, prompt_id):
        console.print(readable(trace))


def summary(run: RunFolder) -> Table:
    """One table: prompts → samples → verdicts → rows kept → student before and after; and what goes on right now."""
    table = Table(title=str(run.path), show_header=False, title_justify="left")
    live = read_live(run.path)
    for name, value in [*_yield(run, live), *(_now(live, time.time()) if live and not live.is_over else ())]:
        table.add_row(name, value)
    for when, score in read_scores(run.path).items():
        table.add_row(f"student {when}", scored(score))
    for name, entry in run.manifest.stages.items():
        state = f"done in {entry.seconds:,.1f} s" if entry.is_done else "begun"
        table.add_row(f"stage {name}", state)
    return table


def _yield(run: RunFolder, live: Live | None) -> Iterator[tuple[str, str]]:
    """What was bought, and what came of it."""
    stages = run.manifest.stages
    drawn = Before(run, parse_policy(made_with(run.manifest).policy if "generate" in stages else "fixed(1)"))
    bought, outcomes, endings = drawn.bought, drawn.outcomes, drawn.endings
    yield "prompts", f"{run.prompts.count():,}"
    yield "samples", f"{bought.num_samples:,} ({bought.num_tokens:,} teacher tokens)"
    saved = stages["generate"].counts.get("tokens_saved") if "generate" in stages else None
    saved = saved or (live.num_tokens_saved if live else 0)
    if saved:
        yield "saved by the policy", f"about {saved:,} teacher tokens"
    counts = [*(outcomes[outcome] for outcome in Outcome), endings[FinishReason.CANCELLED]]
    yield "pass / fail / abstain / cancelled", " / ".join(f"{number:,}" for number in counts)
    yield from _kept_back(run, endings)
    num_decided = drawn.spending.num_probes_decided if "generate" in stages else 0
    if num_decided:  # the others are censored by the policy, as the card explains
        share = drawn.spending.num_probes_passed / num_decided
        yield "pass rate", f"{share:.1%} of the {num_decided:,} decided probes"
    price = stages["generate"].price if "generate" in stages else None
    spent = bought.cost(price) if price else None
    if spent is not None:
        yield "cost", f"{spent:,.4g}"
    if drawn.num_solved:
        yield "prompts solved", f"{drawn.num_solved:,} ({_each(bought.num_tokens, drawn.num_solved, spent)} a prompt)"
    kept = stages.get("select")
    if kept is not None and kept.is_done:
        num_rows = int(kept.counts["rows"])
        yield "rows kept", f"{num_rows:,} ({_each(bought.num_tokens, num_rows, spent)} a row)"


def _kept_back(run: RunFolder, endings: Mapping[FinishReason, int]) -> Iterator[tuple[str, str]]:
    """What the endpoint withheld or refused, why, and how it is drawn again."""
    if endings.get(FinishReason.FILTERED):
        yield "filtered by the endpoint", f"{endings[FinishReason.FILTERED]:,}"
    if endings.get(FinishReason.REFUSED):
        yield "refused", f"{told(refused_of(run))}; draw them again: distill generate … --redraw refused"


def _each(num_tokens: int, number: int, spent: float | None) -> str:
    cost = f", cost {spent / number:.4g}" if spent is not None else ""
    return f"{num_tokens / number:,.0f} teacher tokens{cost}"


def _now(live: Live, now: float) -> Iterator[tuple[str, str]]:
    """What the process that samples wrote last."""
    left = f", {live.seconds_left:,.0f} s left" if live.seconds_left else ""
    age_s = max(0.0, now - live.updated_s)
    yield "sampling", f"{live.num_done:,} of {live.num_samples:,}{left} ({_age(age_s)})"
    yield "speed", f"{live.samples_per_s:,.1f} samples/s, {live.tokens_per_s:,.0f} tokens/s"
    for endpoint in live.endpoints:
        speed = f", {endpoint.tokens_per_s:,.0f} tokens/s a request" if endpoint.tokens_per_s else ""
        health = "does not answer, " if endpoint.is_down else ""
        yield endpoint.url, f"{health}{endpoint.num_under_way:,} in flight of at most {endpoint.limit:,}{speed}"


def _age(age_s: float) -> str:
    told = f"{age_s:,.0f} s ago"
    return told if age_s < STALE_S else f"last heard {told}: it was stopped, or the machine is very busy"


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
    if trace.verdict and trace.verdict.failed_test:
        parts.append(Text(_shown_test(trace.verdict.failed_test), style="red"))
    return Panel(Group(*parts), title=_title(trace.sample, trace), title_align="left")


def scored(score: Score) -> str:
    """A score in a line."""
    return (
        f"pass@1 {score.pass_at_1:.1%} [{score.low:.1%}, {score.high:.1%}] on {score.num_prompts} prompts × "
        f"{score.num_samples // score.num_prompts} samples; abstain {score.abstain_share:.1%}"
    )


def _shown_test(test: FailedTest) -> str:
    """The first test that a program did not pass, at most `MAX_LINES` lines of each of its texts."""
    texts = (("input", test.input), ("expected", test.expected), ("got", test.got))
    return "\n".join(f"{name} of test {test.number}:\n{_first_lines(text)}" for name, text in texts)


def _first_lines(text: str) -> str:
    lines = text.rstrip("\n").split("\n")
    left = len(lines) - MAX_LINES
    return "\n".join(lines[:MAX_LINES] + ([f"… {left} more lines"] if left > 0 else []))


def _title(sample: Sample, trace: Trace) -> str:
    verdict = trace.verdict
    decision = f"{verdict.outcome.value}: {verdict.reason}" if verdict else "not verified"
    return (
        f"{sample.prompt_id} · sample {sample.index} · {sample.num_tokens} tokens, {sample.finish_reason} · {decision}"
    )
