"""A dataset ─▶ a run that holds what the dataset kept of one of its runs, and can be drawn further.

The dataset's `provenance/RUN/` has the settings, and unless it was pushed without them the prompts. Samples that were
not selected are nowhere in a dataset: the run has none of them, and its policy may ask for them again.
"""

import shutil
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, cast, get_args

import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import JsonValue

from distill import reasoning
from distill.errors import RunError
from distill.files import settle_folder
from distill.progress import say
from distill.records import Outcome, Verdict
from distill.references import VerifierName
from distill.rows import columns
from distill.rows.columns import Row
from distill.rows.dataset_rows import SCHEMA
from distill.rows.parse import REFERENCE_COLUMNS
from distill.store import RunFolder
from distill.store.folder import ROW_STAGES
from distill.store.manifest import PROVENANCE, Manifest, StageEntry, read_manifest, runs_behind, write_manifest
from distill.store.merge import is_made

ROWS_AT_ONCE = 512
"""Rows that are Python objects at once."""


class RunInDataset(NamedTuple):
    """A run as its dataset tells of it."""

    dataset: Path
    name: str

    @property
    def folder(self) -> Path:
        """Its settings, and its prompts."""
        return self.dataset / PROVENANCE / self.name

    def rows(self) -> Iterator[Row]:
        """The dataset's rows that are its samples."""
        for file in sorted(self.dataset.glob("data/*.parquet")):
            with pq.ParquetFile(file, pre_buffer=False) as parquet:  # which would hold all that was read of the file
                _refuse_old(file, parquet.schema_arrow.names)
                for batch in parquet.iter_batches(ROWS_AT_ONCE, columns=SCHEMA.names):
                    yield from batch.filter(pc.equal(batch.column("run"), self.name)).to_pylist()


def is_dataset(folder: Path) -> bool:
    """Whether a folder holds a dataset, not a run."""
    return any(folder.glob("data/*.parquet")) and not (folder / "manifest.json").exists()


def run_of_dataset(dataset: Path, name: str | None, target: Path) -> RunFolder:
    """Make a run of the rows of a dataset that came from the run `name`, which may be left out where there is one.

    Raises RunError where the dataset does not say what it was made of, or where the target exists. Where the target was
    made so already, it stays as it is.
    """
    origin = _origin(dataset, name)
    made_from: dict[str, JsonValue] = {"dataset": str(dataset.absolute()), "run": origin.name}
    if is_made(target, made_from):
        return RunFolder.at(target)
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    with RunFolder.open(partial, say) as made:
        ids = _take_prompts(origin, made)
        for row in origin.rows():
            row["id"] = _own_id(str(row["id"]), origin.name, ids)
            made.samples.append(_sample(row))
            made.verdicts.append(_verdict_row(row))
    write_manifest(partial, Manifest(stages=_stages(origin), made_from=made_from))
    settle_folder(partial, target)
    return RunFolder.at(target)


def _origin(dataset: Path, name: str | None) -> RunInDataset:
    known = [folder.name for folder in runs_behind(dataset)]
    if not known:
        raise RunError(f"{dataset} has no provenance/RUN/manifest.json, so nothing says how its samples were drawn. "
                       "Datasets of `distill select` and `distill pull` have it.")  # fmt: skip
    if name is None and len(known) > 1:
        raise RunError(f"{dataset} was made of {len(known)} runs ({', '.join(known)}); name one with --of.")
    if name is not None and name not in known:
        raise RunError(f"{dataset} was not made of a run {name}, but of {', '.join(known)}.")
    return RunInDataset(dataset, name or known[0])


def _refuse_old(file: Path, names: Sequence[str]) -> None:
    missing = ", ".join([name for name in SCHEMA.names if name not in names][:3])
    if missing:
        raise RunError(f"{file} lacks the column {missing}: an earlier version wrote it, whose rows do not say which "
                       "samples they were. Make the dataset anew of its runs, with `distill select`.")  # fmt: skip


def _take_prompts(origin: RunInDataset, made: RunFolder) -> set[str]:
    """Copy all prompts of the run, or store those that the rows have; returns their ids."""
    shards = sorted(origin.folder.glob("prompts/*.parquet"))
    for shard in shards:
        shutil.copy2(shard, made.prompts.folder / shard.name)
    ids = {str(row["id"]) for row in made.prompts.rows(["id"])}
    if shards:
        return ids
    for row in origin.rows():
        if row["id"] not in ids:
            ids.add(str(row["id"]))
            made.prompts.append(_prompt(row))
    return ids


def _prompt(row: Row) -> Row:
    """The prompt of a row; an answer that was voted for is no reference."""
    reference = row["reference"] if _decided_by(row) else None
    given = dict(reference) if isinstance(reference, Mapping) else dict.fromkeys(REFERENCE_COLUMNS)
    return {name: given[name] if name in given else row[name] for name in columns.PROMPTS.names}


def _decided_by(row: Row) -> VerifierName | None:
    """The verifier that let a row in; None where the majority of its prompt's answers did."""
    return next((name for name in get_args(VerifierName) if name == row["verifier"]), None)


def _own_id(name: str, run: str, ids: Container[str]) -> str:
    """The id of a prompt in its run; where runs share one for different prompts, the dataset adds the run's name."""
    return name if name in ids else name.removesuffix(f"@{run}")


def _sample(row: Row) -> Row:
    message = row["completion"]
    assert isinstance(message, list)
    text = message[0]["content"]
    parts = reasoning.unjoin(text) or reasoning.split(text)
    return {
        "prompt_id": row["id"],
        "index": row["sample_index"],
        "reasoning": parts.reasoning,
        "answer": parts.answer,
        "finish_reason": row["finish_reason"],
        "num_tokens": row["num_tokens"],
        "num_prompt_tokens": row["num_prompt_tokens"],
        "teacher": row["teacher"],
        "sampling": row["sampling"],
        "seconds": 0.0,
    }


def _verdict_row(row: Row) -> Row:
    verifier = _decided_by(row)
    verdict = Verdict(
        outcome=Outcome.PASS if verifier else Outcome.ABSTAIN,
        verifier=verifier or "judge",
        extracted=None,
        reason=str(row["verdict_reason"]),
        seconds=0.0,
    )
    counts = dict.fromkeys(("num_passed", "num_tests"), row["num_tests"])
    return columns.verdict_row(str(row["id"]), cast("int", row["sample_index"]), verdict) | counts


def _stages(origin: RunInDataset) -> dict[str, StageEntry]:
    """The settings of the run's stages. Only its prompts are done, where they all came along."""
    before = read_manifest(origin.folder).stages
    has_prompts = any(origin.folder.glob("prompts/*.parquet"))
    return {
        name: before[name].model_copy(update={"is_done": name == "prompts" and has_prompts and before[name].is_done})
        for name in ROW_STAGES
        if name in before
    }
