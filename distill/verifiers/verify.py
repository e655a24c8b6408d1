"""samples ─▶ verdicts, for a run's samples or for any files of completion rows or a dataset's. Order is kept."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import numpy as np
from pydantic import JsonValue

from distill import progress
from distill.errors import InputError
from distill.ordered import in_order
from distill.progress import Tally, say
from distill.recipe.sections import VerifySection
from distill.records import Outcome, Sample, Verdict
from distill.rows import columns as schemas
from distill.rows.dataset_rows import Stated, lacking, parse_checkable
from distill.rows.files import data_files
from distill.rows.read import Located, count_rows, read_rows
from distill.rows.verdict_file import Again, RowVerdict, VerdictFile
from distill.store import PromptLookup, RunFolder
from distill.store.arrays import Flags, coded, mask
from distill.store.numbering import Numbering, without_verdict
from distill.verifiers.dispatch import Verifiers
from distill.verifiers.rechecking import other_tolerances, read_recheck, sentences
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


def verify_files(files: Sequence[Path], out: Path, settings: VerifySection) -> dict[str, int]:
    """Give a verdict to every row of `files`, one line each in `out`, in the same order.

    They are completion rows, or rows of a dataset, of which is said which changed their verdict. Runs again from where
    an earlier attempt stopped. A row that cannot be read is an abstain that says why. Returns how many rows had each
    outcome. Raises InputError where the first row is neither: then the files are not what they should be.
    """
    _check_first(files[0])
    of_rule = other_tolerances(files, settings.tolerance)
    about = [part.path.stat() for file in files for part in data_files(file)]
    origin: dict[str, JsonValue] = {
        "input": ", ".join(str(file.absolute()) for file in files),
        "bytes": sum(part.st_size for part in about),
        "mtime_ns": max(part.st_mtime_ns for part in about),
    }
    num_rows = sum(map(count_rows, files))
    with VerdictFile(out, origin | settings.digested()) as target, progress.stage("verify", num_rows) as tally:
        if target.num_done:
            say(f"{target.num_done:,} verdicts are there already; going on behind them.")
        tally.skip(target.num_done)
        asyncio.run(_verify_rows(files, target, settings, tally))
    found = read_recheck(out)
    for sentence in chain(sentences(found), of_rule if found.changes else ()):
        say(sentence)
    return {outcome.value: found.outcomes[outcome.value] for outcome in Outcome}


def rows_of(target: Path) -> Path | None:
    """Where the rows lie that a path names: of a dataset's folder, in `data`. None for any other folder, a run's."""
    if not target.is_dir():
        return target
    is_dataset = any(target.glob("data/*.parquet")) and not (target / "prompts").is_dir()
    return target / "data" if is_dataset else None


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


async def _verify_rows(files: Sequence[Path], out: VerdictFile, settings: VerifySection, tally: Tally) -> None:
    async def decide(located: Located) -> RowVerdict:
        return await verify_row(located, verifiers)

    async with Verifiers(settings) as verifiers:
        rows = islice(chain.from_iterable(map(read_rows, files)), out.num_done, None)
        async for _, decided in in_order(rows, decide):
            out.append(decided)
            tally.add(decided.verdict.outcome.value)


async def verify_row(located: Located, verifiers: Verifiers) -> RowVerdict:
    """The verdict on a completion row or a dataset's; one that cannot be read is an abstain that says where it is."""
    row, where = located
    if isinstance(row, InputError):
        return RowVerdict(where, Verdict.undecided("judge", f"{where}: {row}"))
    try:
        prompt, answer, stated = parse_checkable(row)
    except InputError as error:
        return RowVerdict(str(row.get("id") or where), Verdict.undecided("judge", f"{where}: {error}"))
    lack = None if stated is None else lacking(prompt, stated)
    verdict = Verdict.undecided(prompt.verifier, lack) if lack else await verifiers.verify(prompt, answer)
    return RowVerdict(prompt.id, verdict, None if stated is None else _again(stated, verdict, verifiers.has_judge))


def _again(stated: Stated, verdict: Verdict, has_judge: bool) -> Again:
    is_unasked = stated.verifier == "judge" and verdict.outcome is Outcome.ABSTAIN and not has_judge
    return Again(stated, None if is_unasked else verdict.outcome is not stated.outcome)


def _check_first(file: Path) -> None:
    first = next(read_rows(file))
    try:
        if isinstance(first.row, InputError):
            raise first.row
        parse_checkable(first.row)
    except InputError as error:
        raise InputError(
            f"{first.where} is no completion row: {error}. It needs the columns of a prompt row and `completion`, text "
            "or, in a dataset, a list of one message."
        ) from None
