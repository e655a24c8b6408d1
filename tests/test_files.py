from pathlib import Path

import orjson
import pytest

from distill.files import json_bytes, replacing, settle, sha256, write_whole


@pytest.mark.parametrize("durable", [True, False])
def test_a_file_is_replaced_and_nothing_stays_beside_it(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "manifest.json"
    path.write_text("old")
    write_whole(path, "new – ü", durable=durable)
    assert path.read_text(encoding="utf-8") == "new – ü"
    assert list(tmp_path.iterdir()) == [path]


def test_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"\x00\r\n")
    assert (tmp_path / "a").read_bytes() == b"\x00\r\n"


def test_where_writing_fails_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path) as partial:
        partial.write_text("half of the n")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_while_it_is_written_a_reader_finds_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("old")
    with replacing(path) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_a_file_written_elsewhere_takes_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.123.tmp").write_text("whole")
    settle(tmp_path / "a.123.tmp", tmp_path / "a")
    assert [item.name for item in tmp_path.iterdir()] == ["a"]


def test_a_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_half_of_a_surrogate_pair_is_written_as_a_question_mark() -> None:
    assert orjson.loads(json_bytes({"reason": "a\ud83d – ü", "num": 1})) == {"reason": "a? – ü", "num": 1}
    assert json_bytes({"reason": "😀"}) == '{"reason":"😀"}'.encode()


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        json_bytes({"path": Path()})
