"""Runs on some prompts ─▶ how often each prompt was solved, for `distill prompts --pilot`."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import orjson

from distill.dataset.candidates import FAIL, PASS, UNVERIFIED, GroupCounts, Mask, SampleEnding, count_groups
from distill.dataset.pool import CandidatePool, read_pool
from distill.errors import InputError, RunError
from distill.progress import say
from distill.prompts.difficulty import Pilot, PilotRun, Rating, content_key
from distill.prompts.normalise import SetAside, normalise
from distill.prompts.sources.preset import plain_preset
from distill.records import Prompt
from distill.rows.columns import prompt_of
from distill.rows.prompt_file import prompt_line
from distill.sampling.probes import num_probes
from distill.store import RunFolder
from distill.store.folder import ROW_STAGES
from distill.store.manifest import Made, made_with


def read_pilot(folders: Sequence[Path]) -> Pilot:
    """The pass rates of runs that were made alike; samples of one prompt in several runs count together.

    As in a dataset's `probe_pass_rate`, only samples count that the policy never stops. Raises RunError for a folder
    that is no run, has no verdicts, has a policy under which no rate follows, or whose samples were drawn otherwise.
    """
    passed, decided, ids = Counter[bytes](), Counter[bytes](), set[str]()
    runs: list[PilotRun] = []
    first: tuple[Path, Made] | None = None
    for folder in folders:
        with RunFolder.open(RunFolder.at(folder).path, say) as run:
            made = made_with(run.manifest)
            first = first or (folder, made)
            _refuse_unlike(first, (folder, made))
            pool = read_pool([run])
            groups = count_groups(pool.candidates, len(pool.ids))
            is_whole = _is_whole(pool, _num_probes(run))
            runs.append(_facts(run, made, pool, is_whole))
            codes = {name: code for code, name in enumerate(pool.ids)}
            for prompt in map(prompt_of, run.prompts.rows()):
                ids.add(prompt.id)
                if is_whole[codes[prompt.id]]:
                    _count(passed, decided, prompt, groups, codes[prompt.id])
        say(_summary(runs[-1]))
    ratings = {key: Rating(passed[key] / num if num else None, num) for key, num in decided.items()}
    return Pilot(ratings, frozenset(ids), tuple(runs))


def _count(passed: Counter[bytes], decided: Counter[bytes], prompt: Prompt, groups: GroupCounts, code: int) -> None:
    for key in set(_keys(prompt)):
        passed[key] += int(groups.num_probes_passed[code])
        decided[key] += int(groups.num_probes_passed[code] + groups.num_probes_failed[code])


def _keys(prompt: Prompt) -> Iterator[bytes]:
    """What tells a prompt: as the run has it, and as `distill prompts` would have written it."""
    row = orjson.loads(prompt_line(prompt))
    yield content_key(row)
    try:
        normal = normalise(row, plain_preset({}), "")
    except InputError:
        return  # such a row is in no source
    if not isinstance(normal, SetAside):
        yield content_key(orjson.loads(prompt_line(normal)))


def _num_probes(run: RunFolder) -> int:
    found, policy = num_probes(run.manifest), made_with(run.manifest).policy
    if not found:
        is_of_dataset = "dataset" in run.manifest.made_from
        drawn = f"was drawn by {policy}, which may stop every sample"
        why = "began with the right samples of a dataset" if is_of_dataset else drawn
        raise RunError(
            f"{run.path} {why}, so that no pass rate follows from it. Draw a pilot with --policy 'fixed(4)'."
        )
    return found


def _is_whole(pool: CandidatePool, num_probes: int) -> Mask:
    """Prompts whose probes are all drawn and verified: those that come first are short ones, which pass more often."""
    candidates = pool.candidates
    is_there = candidates.is_probe & (candidates.outcome != UNVERIFIED)
    whole: Mask = np.bincount(candidates.prompt[is_there], minlength=len(pool.ids)) >= num_probes
    return whole


def _facts(run: RunFolder, made: Made, pool: CandidatePool, is_whole: Mask) -> PilotRun:
    candidates = pool.candidates
    if not (candidates.outcome != UNVERIFIED).any():
        raise RunError(
            f"{run.path} has no verdicts, so nothing is known of its prompts; run `distill verify {run.path}`."
        )
    counts = candidates.is_probe & is_whole[candidates.prompt]
    stages = run.manifest.stages
    return PilotRun(
        run=str(run.path),
        digests={name: stages[name].digest for name in ROW_STAGES if name in stages},
        model=made.teacher,
        policy=made.policy,
        num_probes=_num_probes(run),
        max_tokens=made.sampling.max_tokens,
        num_prompts=len(pool.ids),
        num_unfinished=int((~is_whole).sum()),
        num_samples=int(counts.sum()),
        num_decided=int((counts & np.isin(candidates.outcome, (PASS, FAIL))).sum()),
        num_truncated=int((counts & (candidates.ending == SampleEnding.TRUNCATED)).sum()),
    )


def _refuse_unlike(first: tuple[Path, Made], other: tuple[Path, Made]) -> None:
    """A rate over two models is nobody's; policies may differ, as may seeds."""
    (folder, made), (other_folder, other_made) = first, other
    ours, theirs = (_what_counts(each) for each in (made, other_made))
    unlike = [name for name in ours if ours[name] != theirs[name]]
    if unlike:
        shown = "; ".join(f"{name} {ours[name]!r} and {theirs[name]!r}" for name in unlike)
        raise RunError(
            f"{folder} and {other_folder} were not made alike ({shown}), so their pass rates do not add up. Give one "
            "of them, or rate the prompts twice, each into a file of its own."
        )


def _what_counts(made: Made) -> dict[str, object]:
    sampling = made.sampling.model_copy(update={"seed": None})
    return {**made.model_dump(exclude={"policy", "sampling"}), **sampling.model_dump()}


def _summary(run: PilotRun) -> str:
    """What a pilot's rates rest on."""
    parts = [f"pilot {run.run}: {run.num_decided:,} of {run.num_samples:,} samples of {run.model} decided"]
    if run.num_truncated:
        share = run.num_truncated / run.num_samples
        parts.append(f"{share:.0%} cut off at {run.max_tokens:,} tokens, which count as failed")
    if not run.policy.strip().startswith("fixed"):
        parts.append(f"rates rest on the first {run.num_probes} of each prompt, since {run.policy} may stop the others")
    if run.num_unfinished:
        parts.append(f"{run.num_unfinished:,} of {run.num_prompts:,} prompts count as not tried, since samples or "
                     "verdicts are missing")  # fmt: skip
    return "; ".join(parts) + "."
