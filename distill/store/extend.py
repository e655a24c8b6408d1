"""A run ─▶ a run with a higher token limit, in which truncated samples are continued, not drawn again.

A sample that ended by itself under the old limit would have ended the same way under the new one, and a truncated one
becomes by its continuation what it would have become. So the new run is as one drawn under the new limit, which its
settings name. Drawing truncated samples anew would favour short ones. A continued sample has the token at which it was
taken up in `resumed_at`.
"""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import JsonValue

from distill.errors import RunError
from distill.files import settle_folder
from distill.progress import say
from distill.recipe.loading import digest
from distill.store import Keys, RunFolder, Table
from distill.store.folder import ROW_STAGES
from distill.store.manifest import Manifest, StageEntry, write_manifest
from distill.store.merge import is_made
from distill.store.shard import new_shard, read_table, write_rows


def extend(source: Path, target: Path, max_tokens: int) -> RunFolder:
    """Make a new run of one, with another token limit; `distill generate` then continues its truncated samples.

    The source stays as it is. Raises RunError where the limit is not higher, or where the target exists. Where the
    target was made so already, it stays as it is too.
    """
    made_from: dict[str, JsonValue] = {"extend": str(source.absolute()), "max_tokens": max_tokens}
    if is_made(target, made_from):
        return RunFolder.at(target)
    stages = _stages(RunFolder.at(source), max_tokens)
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    made = RunFolder(partial)
    for table in (made.prompts, made.samples, made.cut, made.verdicts):
        table.folder.mkdir(parents=True, exist_ok=True)
    with RunFolder.open(source, say) as run:  # seals what an attempt that died left in its journals
        for shard in run.prompts.shards():
            shutil.copy2(shard, made.prompts.folder / shard.name)
        _divide(run, made)
    write_manifest(partial, Manifest(stages=stages, made_from=made_from))
    settle_folder(partial, target)
    return RunFolder.at(target)


def _divide(run: RunFolder, made: RunFolder) -> None:
    """Set truncated samples apart, and take the verdicts of the others.

    Of what an earlier `extend` had set apart, only that is still to be continued which the run has not drawn since.
    """
    drawn, whole = Keys(), Keys()
    for shard in run.samples.shards():
        samples = read_table(shard)
        is_truncated = pc.equal(samples.column("finish_reason"), "length")
        _add(drawn, run.samples, samples)
        _add(whole, run.samples, samples.filter(pc.invert(is_truncated)))
        _write(made.cut, shard.name, samples.filter(is_truncated))
        _write(made.samples, shard.name, samples.filter(pc.invert(is_truncated)))
    for shard in run.cut.shards():
        samples = read_table(shard)
        _write(made.cut, f"earlier-{shard.name}", samples.filter(_known(run.cut, samples, drawn, is_wanted=False)))
    for shard in run.verdicts.shards():
        verdicts = read_table(shard)
        _write(made.verdicts, shard.name, verdicts.filter(_known(run.verdicts, verdicts, whole, is_wanted=True)))


def _add(keys: Keys, table: Table, rows: pa.Table) -> None:
    for row in rows.select(table.key_columns).to_pylist():
        keys.add(*table.key(row))


def _known(table: Table, rows: pa.Table, keys: Keys, *, is_wanted: bool) -> pa.Array:
    """For each row whether its key is among `keys`, or is not."""
    return pa.array([(table.key(row) in keys) is is_wanted for row in rows.select(table.key_columns).to_pylist()],
                    pa.bool_())  # fmt: skip


def _write(table: Table, name: str, rows: pa.Table) -> None:
    if len(rows):
        with new_shard(table.folder / name, rows.schema) as writer:
            write_rows(rows, writer)


def _stages(run: RunFolder, max_tokens: int) -> dict[str, StageEntry]:
    """The manifest of the new run: the old settings but for the limit, nothing done but the prompts."""
    before = run.manifest.stages
    if "generate" not in before:
        raise RunError(f"{run.path} has no samples to continue.")
    sampling = before["generate"].settings["sampling"]
    assert isinstance(sampling, dict)
    limit = sampling["max_tokens"]
    if not isinstance(limit, int) or max_tokens <= limit:
        raise RunError(f"{run.path} was drawn with at most {limit:,} tokens; give --max-tokens a higher number.")
    stages: dict[str, StageEntry] = {}
    for name in ROW_STAGES:
        if name in before:
            settings = dict(before[name].settings)
            if name == "generate":
                settings["sampling"] = {**sampling, "max_tokens": max_tokens}
            stages[name] = _entry(before[name], settings, stages)
    return stages


def _entry(before: StageEntry, settings: dict[str, JsonValue], upstream: dict[str, StageEntry]) -> StageEntry:
    whole = digest(*(entry.settings for entry in upstream.values()), settings)
    is_done = before.is_done and not upstream  # the first stage alone
    return before.model_copy(update={"digest": whole, "settings": settings, "is_done": is_done})
