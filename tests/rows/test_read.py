"""What a file says in any of its spellings, and what is said of a file that cannot be read."""

import datetime
import json
import tracemalloc
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distill.errors import InputError
from distill.rows.parse import parse_prompt
from distill.rows.read import count_rows, file_digest, read_prompts, read_rows

ROW = {"prompt": "Wie groß?", "answer": "4"}
LINE = json.dumps(ROW, ensure_ascii=False)


def rows_of(path: Path) -> list[object]:
    """Rows as dictionaries; of what is none, the reason as text."""
    return [str(row) if isinstance(row, InputError) else dict(row) for row, _ in read_rows(path)]


def reading(folder: Path, name: str, content: str | bytes) -> list[object]:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return rows_of(file)


@pytest.mark.parametrize(("text", "num_rows"), [("{}\n", 1), ("{}\n{}", 2), ("{}\n{}\n", 2)])
def test_a_last_row_without_a_line_end_counts(tmp_path: Path, text: str, num_rows: int) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(text)
    assert count_rows(file) == num_rows


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("lines.jsonl", f"{LINE}\n\n{LINE}"),
        ("lines.ndjson", f"{LINE}\n{LINE}\n"),
        ("lines.json", f"{LINE}\n{LINE}\n"),
        ("lines_with_commas.jsonl", f"{LINE},\n{LINE},\n"),
        ("array.json", f"[{LINE},{LINE}]"),
        ("array.jsonl", f"[{LINE},{LINE}]"),
        ("pretty.json", json.dumps([ROW, ROW], indent=2)),
        ("pretty_objects.jsonl", f"{json.dumps(ROW, indent=2)}\n{json.dumps(ROW, indent=2)}"),
        ("inside.json", json.dumps({"version": 1, "examples": [ROW, ROW]}, indent=2)),
        ("ROWS.JSONL", f"{LINE}\n{LINE}\n"),
        ("comma.csv", "prompt,answer\nWie groß?,4\nWie groß?,4\n"),
        ("padded.csv", "prompt , answer\nWie groß?, 4\n\n,,\nWie groß?,4,,\n"),
        ("semicolon.csv", "prompt;answer\nWie groß?;4\nWie groß?;4\n"),
        ("bar.csv", "prompt|answer\nWie groß?|4\nWie groß?|4\n"),
        ("tab.tsv", "prompt\tanswer\nWie groß?\t4\nWie groß?\t4\n"),
    ],
)
def test_the_same_rows_in_many_spellings(tmp_path: Path, name: str, content: str) -> None:
    assert reading(tmp_path, name, content) == [ROW, ROW]
    assert count_rows(tmp_path / name) in {2, 3}  # blank lines of JSON count as rows


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.jsonl", f"{LINE}\n{LINE}\n"),
        ("rows.json", f"[{LINE},\n{LINE}]"),
        ("rows.csv", "prompt,answer\nWie groß?,4\n"),
    ],
)
def test_text_in_other_encodings(tmp_path: Path, encoding: str, name: str, content: str) -> None:
    assert reading(tmp_path, name, content.encode(encoding))[0] == ROW


def test_windows_letters_are_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = f"{LINE}\n" * 3
    reading(tmp_path, "rows.jsonl", text.encode("latin-1"))
    rows_of(tmp_path / "rows.jsonl")
    assert capsys.readouterr().err.count("read as Windows-1252") == 1


@pytest.mark.parametrize(
    "line", ['{"prompt": "求下列函数的值"}'.encode("gbk"), '{"prompt": "größte Höhe €"}'.encode()[:-3] + b'\xe9"}']
)
def test_other_letters_and_damaged_ones_are_not_guessed(tmp_path: Path, line: bytes) -> None:
    first, second = reading(tmp_path, "rows.jsonl", line + f"\n{LINE}\n".encode())
    assert "neither UTF-8 nor Windows-1252" in str(first)
    assert second == ROW


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("word.jsonl", f"oops\n{LINE}", "it is not JSON"),
        ("cut.jsonl", f'{{"prompt": oops}}\n{LINE}', "it is not JSON"),
        ("list.jsonl", f"[1, 2]\n{LINE}", "it should be a JSON object, but is [1, 2]"),
        ("deep.jsonl", f'{{"a": {"[" * 100_000}{"]" * 100_000}}}\n{LINE}', "nested too deeply"),
        ("deep.json", f'[{{"a": {"[" * 300}{"]" * 300}}}, {LINE}]', "nested too deeply"),
        ("control.json", f'[{{"a": "\x01"}}, {LINE}]', "Invalid control character"),
        ("short.csv", "prompt,answer\nWhat is 1+1?\nWie groß?,4\n", "it has 1 fields, but the first line names 2"),
        ("surplus.csv", "prompt,answer\nWhat, then?,5\nWie groß?,4\n", "a field that holds ',' needs quotes"),
        ("open_quote.csv", 'prompt,answer\n"What?,5\nWie groß?,4\n', "its quotes are wrong"),
        ("closed_later.csv", 'prompt,answer\n"What?,5\n"Wie groß?","4"\n', "its quotes are wrong"),
        ("lines.csv", 'answer,prompt\n5,"What\nis it?\n4,"Wie groß?"\n', "its quotes are wrong"),
    ],
)
def test_a_bad_row_is_told_and_those_around_it_are_read(tmp_path: Path, name: str, content: str, reason: str) -> None:
    bad, good = reading(tmp_path, name, content)
    assert reason in str(bad)
    assert good == ROW


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.jsonl", "", "is empty"),
        ("blank.jsonl", "\n \n", "holds no rows"),
        ("header.csv", "prompt,answer\n", "holds no rows"),
        ("headless.csv", "What is 1+1?,2\nWhat is 2+2?,4\n", "'What is 1+1?' is no such name"),
        ("headless_numbers.csv", "one and one,2\n", "'2' is no such name"),
        ("twice.csv", "prompt,answer,answer\na,b,c\n", "two columns 'answer'"),
        ("two.json", json.dumps({"train": [ROW], "test": [ROW]}), "several lists of rows: train, test"),
        ("open.json", f"[{LINE},{LINE}", "behind row 2: the array has no end"),
        ("behind.json", f"[{LINE}] {LINE}", "behind row 1: the array has ended, and more follows"),
        ("wrong.json", f"[{LINE}, {{prompt: 1}}]", "behind row 1: what follows is not JSON"),
        ("deepest.json", f"[{LINE}, {'[' * 100_000}]", "behind row 1: what follows is nested too deeply"),
        ("gbk.json", '[{"a": "求下列函数的值"}]'.encode("gbk"), "neither UTF-8 nor Windows-1252"),
        ("page.jsonl", "<!DOCTYPE html><html>", "is a web page"),
        ("pointer.jsonl", "version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("wrong.parquet", "no table", "is no readable Parquet file"),
        ("wrong.arrow", "no table", "is no readable Arrow file"),
        ("cut.jsonl.gz", b"\x1f\x8b\x08\x00", "cannot be read"),
        ("wrong.zip", "no archive", "is no readable archive"),
        ("rows.xlsx", "PK", "should end in .jsonl"),
    ],
)
def test_what_is_wrong_with_a_file_is_one_sentence(
    tmp_path: Path, name: str, content: str | bytes, sentence: str
) -> None:
    with pytest.raises(InputError) as caught:
        reading(tmp_path, name, content)
    assert sentence in str(caught.value)
    assert name in str(caught.value)


def test_a_single_row_keeps_its_own_lists(tmp_path: Path) -> None:
    row = {"prompt": [{"role": "user", "content": "2+2?"}], "answer": "4"}
    assert reading(tmp_path, "row.json", json.dumps(row)) == [row]


def test_quotes_of_a_tab_separated_file_that_hold_nothing_together_stay(tmp_path: Path) -> None:
    assert reading(tmp_path, "rows.tsv", 'prompt\tanswer\n"Hi" he said\t1\n') == [
        {"prompt": '"Hi" he said', "answer": "1"}
    ]


def test_quotes_hold_lines_and_signs_together(tmp_path: Path) -> None:
    text = 'prompt,answer\n"a ""b"", c\nd",1\n'
    assert reading(tmp_path, "rows.csv", text) == [{"prompt": 'a "b", c\nd', "answer": "1"}]


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl", "rows.json"])
def test_a_row_may_be_long(tmp_path: Path, name: str) -> None:
    long = "word, " * 500_000
    written = {"csv": f'prompt\n"{long}"\n', "jsonl": json.dumps({"prompt": long}), "json": f'[{{"prompt": "{long}"}}]'}
    assert reading(tmp_path, name, written[name.partition(".")[2]]) == [{"prompt": long}]


def test_json_keeps_what_it_spells(tmp_path: Path) -> None:
    line = '{"half": "\\ud800", "long": 123456789012345678901234567890}'
    assert reading(tmp_path, "rows.jsonl", line) == [{"half": "\ud800", "long": 123456789012345678901234567890}]


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_what_is_no_number_is_no_answer(tmp_path: Path, number: str) -> None:
    row = reading(tmp_path, "rows.jsonl", f'{{"prompt": "a", "answer": {number}}}')[0]
    assert isinstance(row, dict)
    with pytest.raises(InputError, match="`answer` should be text or a number, but is"):
        parse_prompt(row)


def test_tables_give_plain_values(tmp_path: Path) -> None:
    table = pa.table({
        "exact": [Decimal("1.50")],
        "day": [datetime.date(2024, 1, 2)],
        "text": [b"a"],
        "bytes": [b"\xff\x00"],
        "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
        "code": pa.array(["x"]).dictionary_encode(),
        "struct": [{"times": [datetime.time(1, 2)]}],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "rows.parquet")
    with pa.ipc.new_stream(tmp_path / "stream.arrow", table.schema) as stream:
        stream.write_table(table)
    with pa.ipc.new_file(tmp_path / "file.arrow", table.schema) as file:
        file.write_table(table)
    plain = {
        "exact": "1.50", "day": "2024-01-02", "text": "a", "bytes": "/wA=", "map": {"k": 1}, "code": "x",
        "struct": {"times": ["01:02:00"]},
    }  # fmt: skip
    for name in ("rows.parquet", "stream.arrow", "file.arrow"):
        assert rows_of(tmp_path / name) == [plain]
        assert count_rows(tmp_path / name) == 1


def test_a_row_is_located_in_its_file(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl"):
        (tmp_path / name).write_text(f"{LINE}\n{LINE}\n")
    found = [where.removeprefix(f"{tmp_path}/") for _, where in read_rows(tmp_path)]
    assert found == ["a.jsonl, row 1", "a.jsonl, row 2", "b.jsonl, row 1", "b.jsonl, row 2"]


def test_an_id_of_two_files_is_given_twice(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text('{"id": "q", "prompt": "2+2?"}\n')
    with pytest.raises(InputError, match=r"b\.jsonl, row 1 has the id 'q' of .*a\.jsonl, row 1"):
        list(read_prompts(tmp_path))


def test_the_digest_of_a_folder_changes_with_its_files_and_their_names(tmp_path: Path) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    (folder / "a.jsonl").write_text(LINE)
    first = file_digest(folder)
    assert file_digest(folder) == first
    (folder / "a.jsonl").rename(folder / "b.jsonl")
    renamed = file_digest(folder)
    (folder / "b.jsonl").write_text(f"{LINE}\n{LINE}")
    assert len({first, renamed, file_digest(folder)}) == 3


def test_what_was_read_of_a_parquet_file_is_let_go(tmp_path: Path) -> None:
    texts = pa.table({"prompt": [f"{number:05000}" for number in range(4000)]})
    pq.write_table(texts, tmp_path / "rows.parquet", row_group_size=200, compression="none", use_dictionary=False)
    tracemalloc.start()
    num_rows = sum(1 for _ in read_rows(tmp_path / "rows.parquet"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert num_rows == 4000
    assert peak < (tmp_path / "rows.parquet").stat().st_size / 2
