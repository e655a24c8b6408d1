"""samples ─▶ verdicts, for a run's samples or for any file of completion rows. Order is kept."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from pydantic import JsonValue

from distill import progress, reasoning
from distill.errors import InputError
from distill.ordered import in_order
from distill.progress import Tally, say
from distill.recipe.sections import VerifySection
from distill.records import Outcome, Sample, Verdict
from distill.rows import columns as schemas
from distill.rows.files import data_files
from distill.rows.parse import parse_completion
from distill.rows.read import Located, count_rows, read_rows
from distill.rows.verdict_file import VerdictFile
from distill.store import PromptLookup, RunFolder
from distill.store.arrays import Flags, coded, mask
from distill.store.numbering import Numbering, without_verdict
from distill.verifiers.dispatch import Verifiers
from distill.verifiers.rejudging import begin_verifying


def verify_run(run: RunFolder, settings: VerifySection) -> None:
    """Give a verdict to every sample of the run that has none, or had it of another judge."""
    begin_verifying(run, settings)
    is_missing = without_verdict(run.samples, run.verdicts, Numbering(run.prompts))
    if not is_missing.any():
        say(f"verify: all {len(is_missing):,} verdicts are there already.")
        run.finish("verify", count_outcomes(run), 0.0)
        return
    with progress.stage("verify", len(is_missing)) as tally:
        tally.skip(int((~is_missing).sum()))
        rests_on = asyncio.run(_verify_samples(run, settings, is_missing, tally))
        run.verdicts.close()
        run.finish("verify", count_outcomes(run), tally.seconds, rests_on)


def verify_file(file: Path, out: Path, settings: VerifySection) -> dict[str, int]:
    """Give a verdict to every completion row of `file`, one line each in `out`, in the same order.

    Runs again from where an earlier attempt stopped. A row that cannot be read is an abstain that says why.
    Returns how many rows had each outcome. Raises InputError where the first row is no completion row: then
    the file is not what it should be.
    """
    _check_first(file)
    about = [part.path.stat() for part in data_files(file)]
    origin: dict[str, JsonValue] = {
        "input": str(file.absolute()),
        "bytes": sum(part.st_size for part in about),
        "mtime_ns": max(part.st_mtime_ns for part in about),
    }
    with VerdictFile(out, origin | settings.digested()) as target, progress.stage("verify", count_rows(file)) as tally:
        if target.num_done:
            say(f"{target.num_done:,} verdicts are there already; going on behind them.")
        tally.skip(target.num_done)
        asyncio.run(_verify_rows(file, target, settings, tally))
    return {outcome.value: tally.kinds[outcome.value] for outcome in Outcome}


def count_outcomes(run: RunFolder) -> dict[str, int]:
    """How many samples passed, failed, and were left undecided."""
    codes = {outcome.value: code for code, outcome in enumerate(Outcome)}
    found = coded(run.verdicts.column("outcome"), codes, other=len(codes))
    return dict(zip(codes, np.bincount(found, minlength=len(codes)).tolist(), strict=False))


async def _verify_samples(run: RunFolder, settings: VerifySection, is_missing: Flags, tally: Tally) -> dict[str, str]:
    prompts = PromptLookup(run.prompts)

    async def verdict(sample: Sample) -> Verdict:
        return await verifiers.verify_sample(prompts[sample.prompt_id], sample)

    async with Verifiers(settings) as verifiers:
        async for sample, decision in in_order(_chosen(run, is_missing), verdict):
            run.verdicts.append(schemas.verdict_row(sample.prompt_id, sample.index, decision))
            tally.add(decision.outcome.value)
        return verifiers.describe()


def _chosen(run: RunFolder, is_chosen: Flags) -> Iterator[Sample]:
    first = 0
    for rows in run.samples.groups():
        for row in rows.filter(mask(is_chosen[first : first + len(rows)])).to_pylist():
            yield schemas.sample_of(row)
        first += len(rows)


async def _verify_rows(file: Path, out: VerdictFile, settings: VerifySection, tally: Tally) -> None:
    async def decide(located: Located) -> tuple[str, Verdict]:
        return await verify_row(located, verifiers)

    async with Verifiers(settings) as verifiers:
        rows = islice(read_rows(file), out.num_done, None)
        async for _, (row_id, decision) in in_order(rows, decide):
            out.append(row_id, decision)
            tally.add(decision.outcome.value)


async def verify_row(located: Located, verifiers: Verifiers) -> tuple[str, Verdict]:
    """The id and the verdict of a completion row; one that cannot be read is an abstain that says where it stands."""
    row, where = located
    if isinstance(row, InputError):
        return where, Verdict.undecided("judge", f"{where}: {row}")
    try:
        prompt, completion = parse_completion(row)
    except InputError as error:
        return str(row.get("id") or where), Verdict.undecided("judge", f"{where}: {error}")
    return prompt.id, await verifiers.verify(prompt, reasoning.split(completion).answer)


def _check_first(file: Path) -> None:
    first = next(read_rows(file))
    try:
        if isinstance(first.row, InputError):
            raise first.row
        parse_completion(first.row)
    except InputError as error:
        raise InputError(
            f"{first.where} is no completion row: {error}. It needs the columns of a prompt row and `completion`."
        ) from None
