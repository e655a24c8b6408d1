"""Which rows are trained, in which order, and which are kept for examining."""

import json
import os
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
import pytest
from datasets import Dataset
from tokenizers import Tokenizer

from distill.errors import InputError
from distill.training.examples import prepare
from distill.training.recipe import load
from distill.training.student.student import prepare as prepare_student
from tests.training.tiny import row, tiny_base, tiny_recipe

RATES = [0.5, 1.0, 0.25, 0.5, 0.0, 0.75, 1.0, 0.125]
EXAMINED = ("eval_strategy=steps", "eval_steps=2")
Rows = list[dict[str, object]]
Prepare = Callable[..., prepare.PreparedRows]


def numbered(numbers: range | list[int], **more: object) -> Rows:
    return [row(f"{n}?", f"<think>\n{n}\n</think>\n\n{n}") | more for n in numbers]


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prepare:
    monkeypatch.setenv("DISTILL_CACHE", str(tmp_path / "cache"))
    base = tiny_base(tmp_path / "base")

    def made(rows: Rows, *overrides: str, **block: object) -> prepare.PreparedRows:
        recipe = load(tiny_recipe(tmp_path / "recipe.yaml", base, "qwen2", **block), overrides)
        file = tmp_path / "rows.jsonl"
        file.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
        return prepare.prepare(file, prepare_student(recipe.distill), recipe, tmp_path / "rows")

    return made


def trained(folder: Path) -> list[str]:
    """The answer of each row, one digit, file by file, as the trainer reads them."""
    (file,) = Path(os.environ["DISTILL_CACHE"]).glob("students/*/tokenizer.json")
    digits = Tokenizer.from_file(str(file))
    tables = [pa.ipc.open_stream(path.read_bytes()).read_all() for path in sorted(folder.glob("*.arrow"))]
    found = list[str]()
    for sequence in (sequence for table in tables for sequence in table.to_pylist()):
        ends = accumulate(sequence["seq_lengths"] if "seq_lengths" in sequence else [sequence["length"]])
        found += [digits.decode([sequence["labels"][end - 2]]) for end in ends]
    return found


RATED = [one | {"pass_rate": rate} for one, rate in zip(numbered(range(8)), RATES, strict=True)]


@pytest.mark.parametrize(
    ("curriculum", "order"), [(None, "01234567"), ("easy_first", "16503274"), ("hard_first", "47203516")]
)
def test_rows_stand_in_the_order_of_the_curriculum(prepared: Prepare, curriculum: str | None, order: str) -> None:
    assert "".join(trained(prepared(RATED, curriculum=curriculum).folder)) == order


def test_rows_of_a_dataset_are_ordered_by_the_rate_of_their_probes(prepared: Prepare) -> None:
    rows = [one | {"pass_rate": 0.5, "probe_pass_rate": rate}
            for one, rate in zip(numbered(range(8)), RATES, strict=True)]  # fmt: skip
    assert "".join(trained(prepared(rows, curriculum="easy_first").folder)) == "16503274"


def test_packing_keeps_the_order_but_for_that_within_a_block(
    prepared: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "BLOCK", 4)
    packed = ("packing=true", "distill.batch.unit=tokens", "max_length=64")
    data = prepared(RATED, *packed, curriculum="easy_first")
    answers = trained(data.folder)
    assert set(answers[:4]) == set("1650")
    assert set(answers[4:]) == set("3274")
    assert data.summary.num_sequences < data.summary.num_rows == 8
    assert prepared(RATED, *packed, curriculum="easy_first") == data


def test_a_curriculum_needs_pass_rates(prepared: Prepare) -> None:
    data = prepared([*RATED, *numbered([8])], curriculum="easy_first")
    assert data.summary.set_aside == {"no pass rate": 1}
    with pytest.raises(InputError, match=r"row 1: it has no `pass_rate`, by which distill\.curriculum orders"):
        prepared(numbered(range(4)), curriculum="easy_first")


def test_the_length_of_each_row_stands_beside_it(prepared: Prepare) -> None:
    (file,) = prepared(numbered([1, 2])).folder.glob("*.arrow")
    rows = Dataset.from_file(str(file))
    assert list(rows["length"]) == [len(ids) for ids in rows["input_ids"]]


def test_a_share_of_the_prompts_is_held_out_with_all_its_rows(prepared: Prepare) -> None:
    rows = numbered(range(10)) + numbered(range(10), teacher="another")
    data = prepared(rows, *EXAMINED, held_out={"share": 0.5})
    assert data.held_out is not None
    aside, kept = trained(data.held_out), trained(data.folder)
    assert not set(aside) & set(kept)
    assert sorted(aside + kept) == sorted("0123456789" * 2)
    assert aside[: len(aside) // 2] == aside[len(aside) // 2 :]
    assert data.held_out_summary is not None
    assert (data.held_out_summary.num_rows, data.summary.num_rows) == (len(aside), len(kept))
    assert prepared(rows[::-1], *EXAMINED, held_out={"share": 0.5}).held_out_summary == data.held_out_summary


def test_a_share_too_small_for_the_dataset_is_refused(prepared: Prepare) -> None:
    with pytest.raises(InputError, match=r"No row is held out.*Raise distill\.held_out\.share"):
        prepared(numbered(range(4)), *EXAMINED, held_out={"share": 1e-9})


def test_rows_of_their_own_are_held_out_unpacked(prepared: Prepare, tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    own.write_text("".join(json.dumps(one) + "\n" for one in numbered([8, 9])), encoding="utf-8")
    packed = ("packing=true", "distill.batch.unit=tokens")
    data = prepared(numbered(range(4)), *packed, *EXAMINED, held_out={"rows": str(own)})
    assert data.held_out is not None
    assert trained(data.held_out) == ["8", "9"]
    assert data.summary.num_sequences == 1


def test_every_assistant_turn_is_trained_with_its_history(prepared: Prepare) -> None:
    def turn(n: int) -> Rows:
        said = numbered([n])[0]
        return [*said["prompt"], *said["completion"]]  # type: ignore[misc]

    data = prepared([{"messages": [*turn(1), *turn(2), *turn(3)]}], trained_turns="all")
    assert trained(data.folder) == ["1", "2", "3"]
    assert data.summary.num_rows == 3
    assert prepared([{"messages": [*turn(1), *turn(2)]}]).summary.num_rows == 1
