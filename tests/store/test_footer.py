from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from distill.store import footer
from distill.store.footer import whole_part

TABLE = pa.table({"prompt_id": ["p0", "p1"], "index": [0, 1]})


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    file = tmp_path / "a.parquet"
    pq.write_table(TABLE, file)
    footer.seal(file)
    return file


def test_a_seal_is_behind_a_whole_file_and_before_its_footer_again(sealed: Path) -> None:
    content, size = sealed.read_bytes(), whole_part(sealed)
    assert size is not None
    assert content[size + 4 :].startswith(footer.MARK)
    assert content[size - 4 : size] == b"PAR1"
    assert content[size + 4 + len(footer.MARK) :] == content[:size][-(len(content) - size - 4 - len(footer.MARK)) :]
    assert pq.read_table(sealed) == TABLE


def test_a_footer_that_has_changed_is_found(sealed: Path) -> None:
    content = sealed.read_bytes()
    sealed.write_bytes(content.replace(b"prompt_id", b"prompt_ie"))
    with sealed.open("rb") as file, pytest.raises(ValueError, match="checksum of its footer"):
        footer.check(file)


@pytest.mark.parametrize("tear", [lambda content: content[:-9] + b"?" + content[-8:], lambda content: content[:-20]])
def test_what_stands_before_the_seal_is_whole_whatever_befell_the_end(
    sealed: Path, tear: Callable[[bytes], bytes]
) -> None:
    size = whole_part(sealed)
    sealed.write_bytes(tear(sealed.read_bytes()))
    assert size is not None
    assert whole_part(sealed) == size
    sealed.write_bytes(sealed.read_bytes()[:size])
    assert pq.read_table(sealed) == TABLE


def test_the_first_of_the_two_footers_is_not_trusted_where_it_is_the_damaged_one(sealed: Path) -> None:
    size = whole_part(sealed)
    assert size is not None
    content = sealed.read_bytes()
    sealed.write_bytes(content[: size - 20] + b"?" + content[size - 19 :])
    assert whole_part(sealed) is None
    assert pq.read_table(sealed) == TABLE


def test_a_file_of_an_earlier_version_has_no_seal(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "old.parquet")
    with (tmp_path / "old.parquet").open("rb") as file:
        footer.check(file)
    assert whole_part(tmp_path / "old.parquet") is None
