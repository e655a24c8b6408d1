"""Files, presets, and installed packages as sources."""

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from distill.errors import InputError, RecipeError
from distill.prompts.collect import collect_prompts
from distill.prompts.order import Order
from distill.prompts.sources.preset import load_preset, reach
from distill.prompts.sources.source import parse_source
from distill.recipe.loading import recipes_folder
from distill.references import Choice
from distill.rows.parse import parse_prompt
from distill.rows.read import read_prompts, read_rows

DATA = Path(__file__).parents[1] / "data"
CASES: dict[str, dict[str, list[dict[str, object]]]] = yaml.safe_load((DATA / "sources.yaml").read_text())
SHIPPED = {path.stem for path in (recipes_folder() / "sources").glob("*.yaml")}
GENERATED = {"reasoning-gym"}


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_preset_has_rows_that_try_it() -> None:
    assert set(CASES) == SHIPPED - GENERATED


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_preset_says_where_from_under_which_license_and_how_sure(name: str) -> None:
    preset = load_preset(name)
    assert (preset.dataset is None) != (preset.package is None)
    assert preset.citation
    assert preset.checked
    assert "license" in preset.model_fields_set


def test_presets_make_what_they_should_of_their_rows(tmp_path: Path) -> None:
    """All at once, as the verifiers start once: a source a preset, each with one malformed row at its end."""
    sources = []
    for name, case in CASES.items():
        sources.append(f"{name}={write(tmp_path / f'{name}.jsonl', [*case['rows'], {'unknown': 1}])}")
    out = tmp_path / "out.jsonl"
    collect_prompts(Order(sources=tuple(sources), workers=1), out)
    kept, dropped = read(out), read(tmp_path / "out.jsonl.dropped.jsonl")
    for name, case in CASES.items():
        ours = [row for row in dropped if f"/{name}.jsonl, " in str(row["where"])]
        reasons = [row.get("why", row["reason"]) for row in sorted(ours, key=lambda row: str(row["where"]))]
        *others, malformed = reasons
        assert others == [*case.get("dropped", [])], name
        assert str(malformed).startswith(("malformed row", "filter on")), name
        for wanted in case["kept"]:
            assert any(wanted.items() <= row.items() for row in kept), (name, wanted)
    assert len(kept) == sum(len(case["kept"]) for case in CASES.values())


def test_choices_of_presets_name_the_right_option(tmp_path: Path) -> None:
    for name, right in (("gpqa", "gluon"), ("sciq", "honey")):
        out = tmp_path / f"{name}.out.jsonl"
        rows = write(tmp_path / f"{name}.jsonl", CASES[name]["rows"])
        collect_prompts(Order(sources=(f"{name}={rows}",), workers=1), out)
        reference = parse_prompt(read(out)[0]).reference
        assert isinstance(reference, Choice)
        assert reference.choices["ABCD".index(reference.answer)] == right


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("a", 1),
        ("b.c", 2),
        ("d.1.e", 3),
        ("f.g", 4),
        ("dotted.name", 5),
        ("a.b", None),
        ("d.7", None),
        ("nothing", None),
        ("h.x", None),
        ("m.user.info", 7),
        ("m.assistant.info", None),
    ],
)
def test_columns_reach_into_structs_lists_and_json(column: str, value: object) -> None:
    row: Mapping[str, object] = {
        "a": 1,
        "b": {"c": 2},
        "d": [0, {"e": 3}],
        "f": '{"g": 4}',
        "dotted.name": 5,
        "h": "{no json",
        "m": [{"role": "user", "info": 6}, {"from": "human", "info": 7}],
    }
    assert reach(row, column) == value


def test_a_preset_with_an_unknown_key_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("dataset: a/b\ncolumns: {prompt: q}\nspilt: train\n")
    with pytest.raises(RecipeError, match="spilt"):
        load_preset(str(path))


def test_a_preset_of_ones_own_is_a_source(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("dataset: a/b\ncolumns: {prompt: q, answer: a}\n")
    source = parse_source(f"{path}={write(tmp_path / 'rows.jsonl', [{'q': '1?', 'a': '1'}])}", {})
    assert [located.row for located in source.rows(None, 0)] == [{"q": "1?", "a": "1"}]


def test_sources_are_told_apart() -> None:
    assert parse_source("gsm8k", {}).preset.dataset == "openai/gsm8k"
    assert parse_source("math:geometry", {}).preset.config == "geometry"
    mmlu = parse_source("mmlu:all@test", {})
    assert (mmlu.name, mmlu.preset.config, mmlu.preset.split) == ("mmlu:all@test", "all", "test")
    hub = parse_source("org/name:main@test", {"prompt": "question"}).preset
    assert (hub.dataset, hub.config, hub.split, hub.columns["prompt"]) == ("org/name", "main", "test", "question")
    known = parse_source("org/name:main@test#v1.0", {}).preset
    assert (known.dataset, known.config, known.split, known.revision) == ("org/name", "main", "test", "v1.0")
    assert parse_source("gsm8k#refs/pr/1", {}).preset.revision == "refs/pr/1"
    with pytest.raises(InputError, match="no source 'gsm9k'"):
        parse_source("gsm9k", {})


def test_size_limits_what_is_read(tmp_path: Path) -> None:
    rows = write(tmp_path / "rows.jsonl", [{"prompt": str(number)} for number in range(9)])
    assert len(list(parse_source(str(rows), {}).rows(4, 0))) == 4


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_rows_are_read_alike_from_every_format(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"rows{suffix}"
    if suffix == ".jsonl":
        path.write_text('{"prompt": "2+2?", "answer": "4"}\n')
    elif suffix == ".csv":
        path.write_text("\ufeffprompt,answer,domain\n2+2?,4,\n", encoding="utf-8")
    else:
        pq.write_table(pa.table({"prompt": ["2+2?"], "answer": ["4"]}), path)
    assert [located.row for located in read_rows(path)] == [{"prompt": "2+2?", "answer": "4"}]
    assert [prompt.messages[0].content for prompt in read_prompts(path)] == ["2+2?"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("rows.jsonl", '{"prompt": "a"}\n{"question": "b"}\n', "rows.jsonl, row 2: it has no `prompt` column"),
        ("rows.jsonl", "[1]\n", "row 1: it should be a JSON object"),
        ("rows.jsonl", '{"prompt": "a", "id": "1"}\n{"prompt": "b", "id": "1"}\n', "has the id '1' of"),
        ("rows.jsonl", "", "is empty"),
        ("rows.jsonl", "\n\n", "holds no rows"),
        ("rows.txt", "x", "should end in .jsonl, "),
        ("rows.parquet", "no table", "is no readable Parquet file"),
    ],
)
def test_bad_files_are_told_of_with_file_and_row(name: str, text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError, match=r".*") as told:
        list(read_prompts(path))
    assert message in str(told.value)


def test_a_file_that_is_there_is_a_source_whatever_it_is_called(tmp_path: Path) -> None:
    for name in ("rows.docx", "rows.jsonl.gz", "ROWS.CSV"):
        (tmp_path / name).touch()
        assert parse_source(str(tmp_path / name), {}).file == tmp_path / name
    assert parse_source(str(tmp_path), {}).file == tmp_path
    assert parse_source(f"{tmp_path}/rows.jsonl.gz", {}).name == "rows"
    with pytest.raises(InputError, match=r"rows.docx should end in .jsonl, .*, so that its format is known"):
        next(parse_source(str(tmp_path / "rows.docx"), {}).rows(None, 0))
