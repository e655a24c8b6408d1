from pathlib import Path

import pytest

from distill.rows.read import count_rows


@pytest.mark.parametrize(("text", "num_rows"), [("", 0), ("{}\n", 1), ("{}\n{}", 2), ("{}\n{}\n", 2)])
def test_a_last_row_without_a_line_end_counts(tmp_path: Path, text: str, num_rows: int) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(text)
    assert count_rows(file) == num_rows
