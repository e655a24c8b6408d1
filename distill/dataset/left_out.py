"""What a selection left out, why, and what would change it: a funnel by reason. Pure over the facts of a card."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from distill.dataset.card_facts import CardFacts, Omission
from distill.dataset.filters import NUMBER_FILTERS, TEXT_FILTERS
from distill.dataset.preference import parse_preference
from distill.dataset.reasons import NO_SAMPLE, REASONS, Reason
from distill.formatting import share
from distill.recipe.sections import SelectSection

_HEAD = ("what became of the samples", "samples", "share", "prompts without a row")


class Remedies(NamedTuple):
    """What the option that changes something depends on."""

    settings: SelectSection
    runs: Sequence[tuple[str, Mapping[str, int]]]
    """The path of each run as it is typed, with what became of its samples."""

    def with_samples(self, reason: str) -> list[str]:
        """The runs that hold samples of such a fate; every run for one that no sample has."""
        found = [path for path, decisions in self.runs if decisions.get(reason)]
        return [shlex.quote(path) for path in found or [path for path, _ in self.runs]]


def left_out(facts: CardFacts, paths: Sequence[str] = ()) -> tuple[Omission, ...]:
    """The reasons for which samples became no rows, the most frequent first; then prompts that were never drawn.

    `paths` has where the runs of the facts lie, in their order; without it, options show the runs' names.
    """
    names = paths or [run.name for run in facts.runs]
    remedies = Remedies(facts.settings, list(zip(names, (run.decisions for run in facts.runs), strict=True)))
    counts = {name: number for name, number in facts.decisions.items() if name != REASONS[Reason.KEPT]}
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    if NO_SAMPLE in facts.rowless:
        ordered.append((NO_SAMPLE, 0))
    return tuple(
        Omission(
            reason=reason,
            num_samples=number,
            share=number / facts.num_samples,
            num_prompts=facts.rowless.get(reason, 0),
            option=option(reason, remedies),
        )
        for reason, number in ordered
    )


def option(reason: str, remedies: Remedies) -> str:
    """What would change that samples are left out for this reason, as it is typed; empty where no option does."""
    if reason in (*NUMBER_FILTERS, *TEXT_FILTERS):
        others = [name for name in remedies.settings.filters if name != reason]
        return f"--filters {','.join(others) or 'none'}"
    return _OPTIONS[reason](remedies) if reason in _OPTIONS else ""


def left_out_lines(facts: CardFacts, paths: Sequence[str] = ()) -> Iterator[str]:
    """For a terminal of 80 columns: the table, and below it the option that changes a line of it, where there is one.

    An option is never cut, so that it can be copied, and may be longer than the terminal.
    """
    found = left_out(facts, paths)
    num_kept = facts.decisions.get(REASONS[Reason.KEPT], 0)
    num_without = facts.num_prompts - facts.num_kept_prompts
    yield _line(*_HEAD)
    yield _line("kept as rows", f"{num_kept:,}", share(num_kept, facts.num_samples), "")
    for each in found:
        yield _line(each.reason, f"{each.num_samples:,}", f"{each.share:.1%}", f"{each.num_prompts:,}")
    yield _line("all", f"{facts.num_samples:,}", "", f"{num_without:,}")
    if any(each.option for each in found):
        yield "What would change it:"
    for each in found:
        if each.option:
            yield f"  {each.reason}: {each.option}"


def unverified_lines(facts: CardFacts, paths: Sequence[str]) -> Iterator[str]:
    """A sentence for each run that holds samples without a verdict, with the command that gives them one."""
    for path, run in zip(paths, facts.runs, strict=True):
        if number := run.decisions.get(REASONS[Reason.NOT_VERIFIED]):
            command = f"distill verify {shlex.quote(path)}"
            yield f"{path} holds samples without a verdict ({number:,}). Verify them: {command}"


def _line(reason: str, samples: str, of_all: str, prompts: str) -> str:
    return f"{reason:<42}{samples:>9}{of_all:>7}{prompts:>22}"


def _preference(remedies: Remedies) -> str:
    """The same preference with a larger cap; one without a cap took all that the quotas hold."""
    preference = parse_preference(remedies.settings.policy)
    if preference.cap is None:
        return _quota(remedies)
    return f"--policy '{preference.name}({max(4, 2 * preference.cap)})'"


def _quota(remedies: Remedies) -> str:
    if remedies.settings.mixture is not None:
        return f"a --mixture with larger quotas than {remedies.settings.mixture}"
    return "without --rows"


def _no_quota(remedies: Remedies) -> str:
    return f"a --mixture that has a quota for them, or without --mixture {remedies.settings.mixture}"


def _token_band(remedies: Remedies) -> str:
    settings = remedies.settings
    lower = "--set min_tokens=0" if settings.min_tokens else ""
    upper = "--set max_tokens=null" if settings.max_tokens is not None else ""
    return f"{lower} {upper}".strip()


def _pass_rate_band(remedies: Remedies) -> str:
    settings = remedies.settings
    lower = "--set min_pass_rate=0" if settings.min_pass_rate else ""
    upper = "--set max_pass_rate=1" if settings.max_pass_rate < 1 else ""
    return f"{lower} {upper}".strip()


def _verify(remedies: Remedies) -> str:
    return " && ".join(f"distill verify {run}" for run in remedies.with_samples(REASONS[Reason.NOT_VERIFIED]))


def _judge(remedies: Remedies) -> str:
    runs = remedies.with_samples(REASONS[Reason.ABSTAINED])
    return " && ".join(f"distill verify {run} --judge NAME --judge-endpoint URL" for run in runs)


def _redraw(remedies: Remedies) -> str:
    runs = remedies.with_samples(REASONS[Reason.REFUSED])
    return " && ".join(f"distill generate … --run {run} --redraw refused" for run in runs)


_OPTIONS: dict[str, Callable[[Remedies], str]] = {
    REASONS[Reason.NOT_PREFERRED]: _preference,
    REASONS[Reason.QUOTA_FULL]: _quota,
    REASONS[Reason.NO_QUOTA]: _no_quota,
    REASONS[Reason.ABSTAINED]: _judge,
    REASONS[Reason.NOT_VERIFIED]: _verify,
    REASONS[Reason.CANCELLED]: lambda _: "distill generate … --policy 'fixed(N)', into a new --run",
    REASONS[Reason.TOKEN_BAND]: _token_band,
    REASONS[Reason.PASS_RATE_BAND]: _pass_rate_band,
    REASONS[Reason.CONTEXT]: lambda _: "--set context_length=null",
    REASONS[Reason.REFUSED]: _redraw,
    NO_SAMPLE: lambda remedies: f"distill generate … --run {remedies.with_samples(NO_SAMPLE)[0]}",
}
"""A failed sample is the teacher's, and one that the endpoint withheld or cut is the endpoint's: no option of ours."""
