import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distill.audit.rows import open_sources, read_chunk
from distill.audit.trace_row import TraceRow, UnreadRow
from distill.errors import InputError

ROWS = [{"question": f"What is {n} + 1?", "response": f"It is \\boxed{{{n + 1}}}."} for n in range(1000)]


def written(path: Path, rows: list[dict[str, str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=300)
    elif path.suffix == ".arrow":
        with pa.OSFile(str(path), "w") as file, pa.ipc.new_stream(file, pa.Table.from_pylist(rows).schema) as out:
            for first in range(0, len(rows), 300):
                out.write_table(pa.Table.from_pylist(rows[first : first + 300]))
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows))
    elif path.suffix == ".csv":
        path.write_text("question,response\n" + "".join(f"{row['question']},{row['response']}\n" for row in rows))
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read_all(*paths: Path) -> list[TraceRow | UnreadRow]:
    sources = open_sources(list(map(str, paths)), {})
    return [each for source in sources for file in source.files for each in read_chunk(file, source.roles)]


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.jsonl", "a.json", "a.csv"])
@pytest.mark.parametrize(("first", "last"), [(0, 1000), (0, 3), (299, 302), (600, 600), (650, 950), (990, 2000)])
def test_any_part_of_a_file_is_read_with_the_places_of_its_rows(
    tmp_path: Path, name: str, first: int, last: int
) -> None:
    path = written(tmp_path / name, ROWS)
    (source,) = open_sources([str(path)], {})
    traces = list(read_chunk(source.files[0], source.roles, first, last))
    expected = range(first, min(last, len(ROWS)))
    assert [trace.where for trace in traces] == [f"{path}, row {number + 1}" for number in expected]
    assert [trace.answer for trace in traces if isinstance(trace, TraceRow)] == [
        ROWS[number]["response"] for number in expected
    ]


def test_rows_before_the_first_are_not_even_parsed(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", ROWS[:10])
    (source,) = open_sources([str(path)], {})
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:3], "{broken\n" * 2, *lines[5:]]))
    assert [trace.where for trace in read_chunk(source.files[0], source.roles, 5)] == [
        f"{path}, row {number}" for number in range(6, 11)
    ]


def test_a_row_that_cannot_be_read_is_set_aside_and_the_rest_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", ROWS[:3])
    with path.open("a") as file:
        file.write('{"question": \n{"question": "Why?", "response": null}\n{"question": "Who?", "response": "Me."}\n')
    found = read_all(path)
    assert [type(each) for each in found] == [TraceRow, TraceRow, TraceRow, UnreadRow, UnreadRow, TraceRow]
    unread = [each for each in found if isinstance(each, UnreadRow)]
    assert [each.where for each in unread] == [f"{path}, row 4", f"{path}, row 5"]
    assert unread[1].reason == "it has no trace in response"


def test_several_datasets_are_read_one_after_the_other_each_with_its_own_columns(tmp_path: Path) -> None:
    first = written(tmp_path / "a.jsonl", ROWS[:2])
    second = written(tmp_path / "b.jsonl", [{"instruction": "Say yes, please.", "output": "Yes, of course I will."}])
    traces = [each for each in read_all(first, second) if isinstance(each, TraceRow)]
    assert [trace.prompt for trace in traces] == ["What is 0 + 1?", "What is 1 + 1?", "Say yes, please."]


def test_of_a_dataset_with_a_card_the_rows_in_data_are_read(tmp_path: Path) -> None:
    written(tmp_path / "data/train-00000-of-00001.parquet", ROWS[:2])
    written(tmp_path / "provenance/run/prompts/prompts.parquet", [{"id": "a", "prompt": "What?"}])
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n")
    assert len(read_all(tmp_path)) == 2


def test_a_run_is_no_dataset_and_the_command_that_makes_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "samples").mkdir()
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match=f"distill select {tmp_path} --out DIR"):
        open_sources([str(tmp_path)], {})


def test_a_name_that_is_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no dataset"):
        open_sources([str(tmp_path / "none")], {})


def test_a_file_of_broken_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("oops\noops\n")
    with pytest.raises(InputError, match="holds no rows that can be read"):
        open_sources([str(tmp_path / "a.jsonl")], {})
