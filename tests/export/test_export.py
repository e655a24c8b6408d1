"""What every export has in common: rows in, files, counts, reasons, and a folder that is whole or not there."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distill.errors import InputError, RecipeError, RunError
from distill.export.export import TOOLS, export, tool_of
from distill.export.rows import split_files
from distill.export.tool import ExportFacts
from distill.rows.dataset_rows import SCHEMA
from tests.cli.test_cli import distill, refused
from tests.export.planted import HELD_OUT, ROWS, Row, row, turn, write

NO_TEXTS = "its prompt is no list of texts by system, user or assistant"


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write(tmp_path / "dataset")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def lines(file: Path) -> list[Row]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def one_file(folder: Path, *rows: Row) -> str:
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), SCHEMA), folder / "rows.parquet")
    return str(folder / "rows.parquet")


@pytest.mark.parametrize("tool", TOOLS)
def test_every_row_is_in_a_file_or_set_aside_with_its_reason(dataset: Path, out: Path, tool: str) -> None:
    facts = export([str(dataset)], tool_of(tool), out)
    assert facts.num_read == len(ROWS) + len(HELD_OUT)
    aside = lines(out / "set_aside.jsonl") if facts.set_aside else []
    assert {name: sum(reasons.values()) for name, reasons in facts.set_aside.items()} == {
        name: sum(line["part"] == name for line in aside) for name in facts.set_aside
    }
    sft = sum(number for file, number in facts.rows.items() if "rl" not in file)
    assert sft + sum(facts.set_aside.get("sft", {}).values()) == facts.num_read
    assert ExportFacts.model_validate_json((out / "export.json").read_bytes()).rows == facts.rows


@pytest.mark.parametrize("tool", TOOLS)
def test_the_readme_names_every_file_and_every_reason(dataset: Path, out: Path, tool: str) -> None:
    facts = export([str(dataset)], tool_of(tool), out)
    page = (out / "README.md").read_text(encoding="utf-8")
    assert [file for file in facts.rows if f"`{file}`" not in page] == []
    assert [why for reasons in facts.set_aside.values() for why in reasons if why not in page] == []


@pytest.mark.parametrize("tool", TOOLS)
def test_the_same_dataset_gives_the_same_bytes_and_replaces_its_earlier_export(
    dataset: Path, out: Path, tool: str
) -> None:
    def contents() -> dict[str, bytes]:
        export([str(dataset)], tool_of(tool), out)
        return {str(file.relative_to(out)): file.read_bytes() for file in out.rglob("*") if file.is_file()}

    assert contents() == contents()


def test_a_tool_that_nobody_knows_is_named_with_those_that_are_there() -> None:
    with pytest.raises(RecipeError, match="axolotl, llama-factory, verl, openai, sharegpt"):
        tool_of("unsloth")


def test_a_folder_of_others_is_not_replaced(dataset: Path, out: Path) -> None:
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    with pytest.raises(RunError, match=r"thesis\.tex"):
        export([str(dataset)], tool_of("openai"), out)
    assert (out / "thesis.tex").read_text() == "years of work"


def test_a_file_beside_an_export_keeps_it_from_being_replaced(dataset: Path, out: Path) -> None:
    export([str(dataset)], tool_of("openai"), out)
    (out / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match=r"notes\.txt"):
        export([str(dataset)], tool_of("openai"), out)


def test_a_configuration_that_was_edited_is_not_lost(dataset: Path, out: Path) -> None:
    export([str(dataset)], tool_of("axolotl"), out)
    with (out / "axolotl.yaml").open("a") as file:
        file.write("base_model: mine\n")
    with pytest.raises(RunError, match=r"axolotl\.yaml as you have edited it"):
        export([str(dataset)], tool_of("axolotl"), out)


def test_an_export_to_a_file_is_refused(dataset: Path, out: Path) -> None:
    out.write_text("")
    with pytest.raises(RunError, match="is a file"):
        export([str(dataset)], tool_of("axolotl"), out)


def test_what_a_killed_attempt_left_is_replaced(dataset: Path, out: Path) -> None:
    partial = out.with_name("out.partial")
    partial.mkdir()
    (partial / "train.jsonl").write_text("half a li")
    export([str(dataset)], tool_of("sharegpt"), out)
    assert len(lines(out / "train.jsonl")) == len(ROWS)
    assert not partial.exists()


def test_a_damaged_file_leaves_the_earlier_export_whole(dataset: Path, out: Path) -> None:
    export([str(dataset)], tool_of("sharegpt"), out)
    before = (out / "train.jsonl").read_bytes()
    shard = dataset / "data" / "train-00001-of-00002.parquet"
    content = bytearray(shard.read_bytes())
    content[4:200] = bytes(196)
    shard.write_bytes(content)
    with pytest.raises(InputError, match="train-00001-of-00002"):
        export([str(dataset)], tool_of("sharegpt"), out)
    assert (out / "train.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"completion": []}, "it has no completion"),
        ({"completion": [turn("assistant", " \n")]}, "its completion is empty"),
        ({"completion": [turn("user", "4")]}, "its completion is not one message of the assistant"),
        ({"prompt": []}, "it has no prompt"),
        ({"prompt": [turn("tool", "4")]}, "its prompt is no list of texts by system, user or assistant"),
        (
            {"prompt": [{"role": "user", "content": None}]},
            "its prompt is no list of texts by system, user or assistant",
        ),
    ],
)
@pytest.mark.parametrize("tool", TOOLS)
def test_one_bad_row_is_set_aside_and_the_others_are_there(
    tmp_path: Path, out: Path, tool: str, broken: Row, why: str
) -> None:
    facts = export([one_file(tmp_path / "set", ROWS[0], row("bad", "?") | broken)], tool_of(tool), out)
    assert [reasons == {why: 1} for reasons in facts.set_aside.values()] == [True] * len(tool_of(tool).parts())
    assert set(facts.rows.values()) == {1}
    assert lines(out / "set_aside.jsonl")[0]["where"] == "rows.parquet, row 2"


def test_nothing_that_can_be_exported_is_an_error_which_says_why(tmp_path: Path, out: Path) -> None:
    with pytest.raises(InputError, match="1: its completion is empty"):
        export(
            [one_file(tmp_path / "set", row("bad", "?") | {"completion": [turn("assistant", "")]})],
            tool_of("openai"),
            out,
        )
    assert not out.exists()
    assert not out.with_name("out.partial").exists()


def test_a_folder_without_data_and_a_name_of_nothing_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no data/\*\.parquet"):
        split_files([str(tmp_path)])
    with pytest.raises(InputError, match="There is no dataset"):
        split_files(["./nowhere.parquet"])


def test_a_parquet_file_of_something_else_is_told_with_its_columns(tmp_path: Path, out: Path) -> None:
    pq.write_table(pa.table({"question": ["?"], "answer": ["4"]}), tmp_path / "other.parquet")
    with pytest.raises(InputError, match=r"no column prompt and no completion.*question, answer"):
        export([str(tmp_path / "other.parquet")], tool_of("openai"), out)


def test_a_file_of_another_packing_is_told_what_examines_it(tmp_path: Path, out: Path) -> None:
    (tmp_path / "other.jsonl").write_text('{"question": "?", "answer": "4"}\n')
    with pytest.raises(InputError, match=r"is no Parquet file.*`distill audit \S+other\.jsonl` examines"):
        export([str(tmp_path / "other.jsonl")], tool_of("openai"), out)


def test_files_are_of_the_split_that_their_names_begin_with(dataset: Path) -> None:
    found = split_files([str(dataset), str(dataset / "data" / "test-00000-of-00001.parquet")])
    assert [file.split for file in found] == ["train", "train", "test", "test"]


def test_a_dataset_without_reference_and_lengths_is_exported_all_the_same(tmp_path: Path, out: Path) -> None:
    """As `distill select` wrote them once."""
    pq.write_table(
        pa.Table.from_pylist([ROWS[0]], SCHEMA).select(["id", "prompt", "completion"]), tmp_path / "old.parquet"
    )
    facts = export([str(tmp_path / "old.parquet")], tool_of("verl"), out)
    assert facts.rows == {"sft/train.parquet": 1}
    assert facts.lengths.longest > 0


def test_letters_of_every_script_stand_as_they_are(tmp_path: Path, out: Path) -> None:
    export([one_file(tmp_path / "set", row("face", "Что это? 🥚 卵"))], tool_of("openai"), out)
    assert "Что это? 🥚 卵" in (out / "train.jsonl").read_text(encoding="utf-8")


def test_the_command_says_what_is_there_and_what_is_not(dataset: Path, out: Path) -> None:
    said = distill("export", dataset, "--to", "verl", "--out", out).stdout
    assert "sft/train.parquet 10" in said
    assert "Not in sft: 1, since its prompt holds answers, on which verl would train." in said
    assert f"{out}/set_aside.jsonl" in said
    assert "--to takes axolotl" in refused(distill("export", dataset, "--to", "trl", "--out", out))
