import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from distill.records import Outcome, Verdict
from distill.rows import columns as schemas
from distill.store import RunFolder, Table, shard
from distill.store.folder import ROW_STAGES
from distill.store.footer import whole_part
from distill.store.mending import damaged_shards, mend, mend_run
from distill.store.shard import DamageError, Shard

NUM_PROMPTS = 6


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row group is about two samples."""
    monkeypatch.setattr(shard, "ROW_GROUP_BYTES", 600)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run that is done: a sample and a verdict for each prompt."""
    path = tmp_path / "run"
    with RunFolder.open(path, print) as run:
        for stage in ROW_STAGES:
            run.begin(stage, {"a setting": 1})
        for number in range(NUM_PROMPTS):
            name = f"p{number}"
            run.prompts.append({"id": name, "prompt": [{"role": "user", "content": "1 + 1?"}], "domain": "math"})
            run.samples.append({"prompt_id": name, "index": 0, "answer": name * 40, "num_tokens": 3})
            verdict = Verdict(outcome=Outcome.PASS, verifier="math_answer", extracted=None, reason="", seconds=0.0)
            run.verdicts.append(schemas.verdict_row(name, 0, verdict))
    with RunFolder.open(path, print) as run:
        run.finish("prompts", {"prompts": NUM_PROMPTS}, 1.0)
        run.finish("generate", {"samples": NUM_PROMPTS}, 1.0)
        run.finish("verify", {"pass": NUM_PROMPTS, "fail": 0, "abstain": 0}, 1.0)
    return path


def only_shard(table: Table) -> Path:
    (found,) = table.shards()
    return found


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 4
    path.write_bytes(content)


def place_of(path: Path, group: int) -> int:
    """The last byte of the first column of a row group."""
    column = pq.ParquetFile(path).metadata.row_group(group).column(0)
    first: int = column.dictionary_page_offset or column.data_page_offset
    return first + int(column.total_compressed_size) - 1


def names(table: Table) -> set[str]:
    return {table.key(row)[0] for row in table.rows()}


def mended(path: Path) -> tuple[int, RunFolder]:
    with RunFolder.open(path, print) as run:
        return mend_run(run), run


def test_a_flipped_bit_costs_the_samples_beside_it_and_their_verdicts(folder: Path) -> None:
    before = RunFolder(folder)
    damaged = only_shard(before.samples)
    flip(damaged, place_of(damaged, 1))
    content = damaged.read_bytes()
    num_lost, run = mended(folder)
    lost = {f"p{number}" for number in range(NUM_PROMPTS)} - names(run.samples)
    assert lost
    assert num_lost == len(lost) <= 3
    assert names(run.verdicts) == names(run.samples)
    assert len(names(run.prompts)) == NUM_PROMPTS
    assert damaged.with_name(f"{damaged.name}.damaged").read_bytes() == content
    assert [name for name, entry in run.manifest.stages.items() if entry.is_done] == ["prompts"]


def test_a_damaged_verdict_is_given_again_and_its_sample_stays(folder: Path) -> None:
    damaged = only_shard(RunFolder(folder).verdicts)
    flip(damaged, place_of(damaged, 0))
    num_lost, run = mended(folder)
    assert num_lost > 0
    assert len(names(run.samples)) == NUM_PROMPTS
    assert len(names(run.verdicts)) == NUM_PROMPTS - num_lost
    assert [name for name, entry in run.manifest.stages.items() if entry.is_done] == ["prompts", "generate"]


def test_a_damaged_prompt_is_imported_again_and_its_samples_stay(folder: Path) -> None:
    damaged = only_shard(RunFolder(folder).prompts)
    flip(damaged, place_of(damaged, 0))
    num_lost, run = mended(folder)
    assert num_lost > 0
    assert len(names(run.samples)) == NUM_PROMPTS
    assert not any(entry.is_done for entry in run.manifest.stages.values())


@pytest.mark.parametrize("is_cut_off", [True, False])
def test_a_damaged_footer_costs_nothing(folder: Path, *, is_cut_off: bool) -> None:
    damaged = only_shard(RunFolder(folder).samples)
    size = damaged.stat().st_size
    if is_cut_off:
        os.truncate(damaged, size - 100)
    else:
        flip(damaged, size - 100)
    num_lost, run = mended(folder)
    assert num_lost == 0
    assert len(names(run.samples)) == len(names(run.verdicts)) == NUM_PROMPTS
    assert not list(damaged_shards(run.samples))


def test_of_a_shard_without_any_footer_all_is_made_again(folder: Path) -> None:
    damaged = only_shard(RunFolder(folder).samples)
    size = whole_part(damaged)
    assert size is not None
    os.truncate(damaged, size - 10)
    _, run = mended(folder)
    assert not names(run.samples)
    assert not names(run.verdicts)
    assert sorted(path.name for path in run.samples.folder.iterdir()) == [f"{damaged.name}.damaged"]


def test_a_second_damage_keeps_the_first_file(folder: Path) -> None:
    for _ in range(2):
        damaged = only_shard(RunFolder(folder).samples)
        flip(damaged, place_of(damaged, 0))
        mended(folder)
    assert len(list(damaged.parent.glob("*.damaged*"))) == 2


def test_journals_wait_for_the_mending_and_are_sealed_by_it(folder: Path) -> None:
    damaged = only_shard(RunFolder(folder).samples)
    with RunFolder.open(folder, print) as run:
        run.samples.append({"prompt_id": "p9", "index": 0, "answer": "late", "num_tokens": 3})
        run.samples.flush()
        segment = next(damaged.parent.glob("*.journal"))
        copy = segment.read_bytes()
    segment.with_suffix(".parquet").unlink()
    segment.write_bytes(copy)  # as if it had been killed
    os.truncate(damaged, damaged.stat().st_size - 100)
    said: list[str] = []
    with RunFolder.open(folder, said.append) as run:
        assert any("--redraw damaged" in sentence for sentence in said)
        with pytest.raises(DamageError):
            run.samples.count()
        mend(run.samples, said.append)
        assert names(run.samples) == {*(f"p{number}" for number in range(NUM_PROMPTS)), "p9"}
    assert not segment.exists()


def test_a_sound_run_is_left_alone(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")}
    num_lost, run = mended(folder)
    assert num_lost == 0
    assert all(entry.is_done for entry in run.manifest.stages.values())
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.parquet")} == before


@pytest.mark.parametrize(("table", "stage"), [("prompts", "prompts"), ("samples", "generate"), ("verdicts", "verify")])
def test_a_stage_whose_shard_was_moved_away_is_not_done(folder: Path, tmp_path: Path, table: str, stage: str) -> None:
    only_shard(getattr(RunFolder(folder), table)).rename(tmp_path / "elsewhere.parquet")
    with RunFolder.open(folder, print) as run:
        assert not run.begin(stage, {"a setting": 1}).is_done  # type: ignore[arg-type]
        assert names(run.verdicts) <= names(run.samples)
    with Shard(tmp_path / "elsewhere.parquet") as file:
        assert file.num_rows == NUM_PROMPTS
