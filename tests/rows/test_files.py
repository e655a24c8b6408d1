"""Which files a path names, and that compressed ones hold the same bytes."""

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from distill.errors import InputError
from distill.rows.files import data_files, names_rows

LINE = b'{"prompt": "2+2?"}\n'


def zstd(content: bytes) -> bytes:
    packed = pa.compress(content, "zstd", asbytes=True)
    assert isinstance(packed, bytes)
    return packed


def names(path: Path) -> list[str]:
    return [file.name.removeprefix(f"{path}/") for file in data_files(path)]


@pytest.mark.parametrize(
    ("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress), (".zst", zstd)]
)
@pytest.mark.parametrize("is_named", [True, False])
def test_compressed_bytes_are_known_whatever_the_name(
    tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes], is_named: bool
) -> None:
    path = tmp_path / f"rows.jsonl{suffix if is_named else ''}"
    path.write_bytes(pack(LINE * 1000) + pack(LINE))  # in two parts, as parallel programs write them
    [file] = data_files(path)
    with file.open() as stream:
        assert stream.read() == LINE * 1001


def test_a_name_of_a_compressed_file_may_be_wrong(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(LINE)
    assert data_files(path)[0].head() == LINE


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress), (".zst", zstd)])
def test_a_file_that_is_cut_off_is_told(tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"rows.jsonl{suffix}"
    path.write_bytes(pack(LINE * 1000)[:-9])
    with pytest.raises(InputError, match="cannot be read"), data_files(path)[0].open() as stream:
        stream.read()


def test_an_archive_gives_its_members_with_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (("b.jsonl", LINE), ("a/c.csv.gz", gzip.compress(b"prompt\n")), ("README.md", b"x")):
            archive.writestr(name, content)
        archive.writestr("__MACOSX/._b.jsonl", "x")
    assert names(path) == ["a/c.csv.gz", "b.jsonl"]
    assert [file.head() for file in data_files(path)] == [b"prompt\n", LINE]


def test_a_folder_gives_its_files_in_the_order_of_their_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["a/part-0.jsonl", "a/part-1.JSONL.gz", "b.csv", "list.json"]
    others = [".cache/x.jsonl", "_temporary/x.jsonl", "README.md", "dataset_info.json", "about.json",
              "rows.jsonl.dropped.jsonl", "rows.jsonl.manifest.json"]  # fmt: skip
    for name in wanted + others:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(LINE)
    (tmp_path / "list.json").write_text("[{}]")
    (tmp_path / "empty.jsonl").touch()
    assert names(tmp_path) == wanted
    assert names(tmp_path) == wanted
    said = capsys.readouterr().err
    assert said.count("read are 4 files, a/part-0.jsonl to list.json; left out are") == 1


def test_objects_of_json_are_rows_where_nothing_else_is(tmp_path: Path) -> None:
    for name in ("b.json", "a.json", "state.json"):
        (tmp_path / name).write_bytes(LINE)
    assert names(tmp_path) == ["a.json", "b.json"]


def test_a_pattern_gives_what_it_names(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "c.csv"):
        (tmp_path / name).write_bytes(LINE)
    assert [file.path.name for file in data_files(tmp_path / "*.jsonl")] == ["a.jsonl", "b.jsonl"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("none.jsonl", "There is no file .*none.jsonl"),
        ("none*.jsonl", r"none\*.jsonl holds no files of rows"),
        ("folder", r"folder holds no files of rows, but notes.txt\. Such files end in \.jsonl"),
        ("folder/notes.txt", r"notes.txt should end in \.jsonl"),
    ],
)
def test_what_is_not_there_is_said(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").write_text("x")
    with pytest.raises(InputError, match=sentence):
        data_files(tmp_path / name)


def test_a_name_says_whether_it_is_of_rows_here(tmp_path: Path) -> None:
    assert all(
        map(names_rows, ["rows.jsonl", "a/ROWS.CSV", "rows.json.zst", "rows.zip", "rows/*.parquet", str(tmp_path)])
    )
    assert not any(map(names_rows, ["gsm8k", "org/name-1.5", "mine/gsm8k.yaml", "rows.gz"]))
