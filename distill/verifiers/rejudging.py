"""The `verify` stage of a run is entered; under another judge, what the judge decides is decided again, and no more.

A judge costs money, and is only changed by naming another one: so what it did not decide is left alone, and what it did
is kept aside. All other settings have defaults, which come back where an option is forgotten: a change of them is
refused, as in any stage.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from shutil import rmtree

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import JsonValue

from distill.errors import RunError
from distill.files import settle, sync_folder
from distill.progress import say
from distill.recipe.sections import VerifySection
from distill.records import Outcome
from distill.rows import columns as schemas
from distill.rows.columns import Row
from distill.store import Keys, RunFolder, stages
from distill.store.manifest import StageEntry
from distill.verifiers.dispatch import is_audited

Settings = Mapping[str, JsonValue]
IsReplaced = Callable[[Row], bool]
READ = ("prompt_id", "index", "outcome", "verifier", "second_opinion")
"""The columns that tell whether a judge was asked."""
SOMETIMES = frozenset({"on_abstain", "audit_share", "with_reference", "without_reference"})
"""Settings of a judge that concern some prompts only; the others concern every opinion."""
BATCH_ROWS = 1024


def begin_verifying(run: RunFolder, settings: VerifySection) -> bool:
    """Enter the stage; True where another judge is to decide anew, so that verdicts are missing now.

    What it replaces was paid for: a copy lies in `verdicts.old-N` before it is removed. Raises RunError where anything
    else has changed, or where a judge that was asked is taken away.
    """
    asked, then = settings.digested(), run.manifest.stages.get("verify")
    if then is None:
        _refuse_judgeless(run, settings)
    if then is None or not _is_only_the_judge(run, then, asked):
        run.begin("verify", asked)
        return False
    before, now = _judge(then.settings), _judge(asked)
    if not now and any(_has_asked(row) for row in run.verdicts.rows(READ)):
        run.begin("verify", asked)  # raises: without a judge nobody decides what it has decided
    is_replaced = _replaced(run, before, now)
    is_any = any(is_replaced(row) for row in run.verdicts.rows(READ))
    if is_any:
        run.reopen("verify")
        num_rows, place = _keep_aside(run, is_replaced)
        run.verdicts.remove(is_replaced, READ)
        say(f"verify: the judge has changed. {num_rows:,} verdicts are given again; what they were lies in {place}.")
    run.begin("verify", asked, is_cheap=True)  # what is left would be the same under the new settings
    return is_any


def _is_only_the_judge(run: RunFolder, then: StageEntry, asked: Settings) -> bool:
    """Whether nothing else has changed, neither here nor in what the verdicts are given on."""
    is_built_alike = run.stage_settings("verify", then.settings).digest == then.digest
    return is_built_alike and then.settings != asked and {**then.settings, "judge": asked["judge"]} == asked


def _judge(settings: Settings) -> Settings:
    judge = settings.get("judge")
    return judge if isinstance(judge, dict) else {}


def _has_asked(row: Row) -> bool:
    return row["verifier"] == "judge" or row["second_opinion"] is not None


def _replaced(run: RunFolder, then: Settings, now: Settings) -> IsReplaced:
    """Tells the verdicts on which the judge of now would be asked another question, or was not asked, or was."""
    is_other = _always(then) != _always(now)
    is_other_open = is_other or then.get("without_reference") != now.get("without_reference")
    is_other_closed = is_other or then.get("with_reference") != now.get("with_reference")
    answerless = Keys()
    for row in run.prompts.rows(["id", "answer"]):
        if row["answer"] is None:
            answerless.add(str(row["id"]), 0)

    def is_replaced(row: Row) -> bool:
        name = str(row["prompt_id"])
        if row["verifier"] == "judge":
            return is_other_open if (name, 0) in answerless else is_other_closed or not now.get("on_abstain")
        if row["verifier"] not in ("math_answer", "choice"):
            return False
        if row["outcome"] == Outcome.ABSTAIN.value:
            return bool(now.get("on_abstain")) and (is_other_closed or not then.get("on_abstain"))
        was_audited, is_now = (is_audited(name, _share(judge)) for judge in (then, now))
        return was_audited != is_now or (is_now and is_other_closed)

    return is_replaced


def _always(judge: Settings) -> Settings:
    return {name: value for name, value in judge.items() if name not in SOMETIMES}


def _share(judge: Settings) -> float:
    share = judge.get("audit_share", 0.0)
    assert isinstance(share, int | float)
    return share


def _keep_aside(run: RunFolder, is_replaced: IsReplaced) -> tuple[int, Path]:
    """Copy the verdicts that are to be replaced into a folder of their own; how many, and where."""
    place, partial = stages.free_name(run.verdicts.folder), run.verdicts.folder.with_name("verdicts.partial")
    rmtree(partial, ignore_errors=True)
    partial.mkdir()
    file, num_rows = partial / "replaced.parquet", 0
    with pq.ParquetWriter(file.with_suffix(".tmp"), schemas.VERDICTS, compression="zstd") as writer:
        for rows in _batches(row for row in run.verdicts.rows() if is_replaced(row)):
            num_rows += len(rows)
            writer.write_table(pa.Table.from_pylist(rows, schema=schemas.VERDICTS))
    settle(file.with_suffix(".tmp"), file)
    partial.rename(place)
    sync_folder(run.path)
    return num_rows, place


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH_ROWS)):
        yield batch


def _refuse_judgeless(run: RunFolder, settings: VerifySection) -> None:
    """Verdicts without a manifest are taken only where the settings may have made them."""
    if settings.judge is None and any(_has_asked(row) and row["outcome"] != Outcome.ABSTAIN.value
                                      for row in run.verdicts.rows(READ)):  # fmt: skip
        raise RunError(
            f"{run.path} has lost its manifest.json, and holds verdicts of a judge, which this command does not name. "
            "Run the command that gave them, with its --judge."
        )
