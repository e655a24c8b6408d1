import subprocess
import sys

import numpy as np
import pyarrow as pa

from distill.store.arrays import coded, mask, numbers, places


def test_numbers_are_read_through_chunks_slices_and_nulls() -> None:
    column = pa.chunked_array([pa.array([7, None, -3, 2**40])[1:], pa.array([], pa.int64()), pa.array([5])])
    assert numbers(column, null=-1).tolist() == [-1, -3, 2**40, 5]
    assert numbers(pa.chunked_array([], pa.int32())).tolist() == []
    assert numbers(pa.chunked_array([pa.array(range(20), pa.int32())[3:19]])).tolist() == list(range(3, 19))


def test_words_become_codes() -> None:
    column = pa.chunked_array([pa.array(["stop", None, "length", "stop"])[1:], pa.array(["odd"])])
    assert coded(column, {"stop": 0, "length": 1}, other=9).tolist() == [9, 1, 0, 9]


def test_flags_and_places_choose_rows() -> None:
    table = pa.table({"number": list(range(12))})
    flags = [number % 3 == 0 for number in range(12)]
    assert table.filter(mask(flags)).column(0).to_pylist() == [0, 3, 6, 9]
    assert table.filter(mask(np.zeros(12, np.bool_))).num_rows == 0
    assert table.take(places(np.array([5, 1]))).column(0).to_pylist() == [5, 1]


SEALS = """
import sys
from pathlib import Path
from distill.rows.columns import SAMPLES
from distill.store import Table
from distill.store.arrays import coded, numbers
table = Table(Path(sys.argv[1]), SAMPLES)
table.open("a", print)
table.append({"prompt_id": "p", "index": 0, "answer": "4", "finish_reason": "stop", "num_tokens": 3})
table.close()
for rows in table.tables(["num_tokens", "finish_reason"]):
    print(numbers(rows.column(0)), coded(rows.column(1), {"stop": 1}, 0))
print("pandas" in sys.modules)
"""


def test_neither_sealing_nor_reading_columns_imports_pandas(tmp_path: object) -> None:
    done = subprocess.run([sys.executable, "-c", SEALS, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[3]", "[1]", "False"]
