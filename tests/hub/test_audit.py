"""`distill audit` by the name of a dataset of the Hub, whose files it fetches and reads."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.hub.repo import Repo
from tests.hub.server import Hub
from tests.hub.shell import Shell


def shard(first: int) -> bytes:
    """Ten rows, of which the first is cut off."""
    whole = "<think>\nThe sum of {0} and 7 is wanted, and {0} + 7 = {1}.\n</think>\n\nIt is \\boxed{{{1}}}."
    rows = [
        {"problem": f"What is {n} + 7, if {n} is a number?", "solution": whole.format(n, n + 7), "answer": str(n + 7)}
        for n in range(first, first + 10)
    ]
    rows[0]["solution"] = "<think>\nThe sum of two numbers is wanted, and"
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink, row_group_size=4)
    return sink.getvalue().to_pybytes()


def test_a_dataset_of_the_hub_is_audited_by_its_name(hub: Hub, shell: Shell, tmp_path: Path) -> None:
    files = {f"data/train-{n:05}-of-00002.parquet": shard(100 * (n + 1)) for n in range(2)}
    card = {"README.md": b"# Sums\n", "data/test-00000-of-00001.parquet": shard(900)}
    hub.repos["datasets/me/sums"] = Repo(False, files | card)
    done = shell.run("audit", "me/sums", "--out", tmp_path / "found")
    assert done.code == 0, done.err
    assert "20 traces of 20 rows" in done.out
    facts = json.loads((tmp_path / "found" / "audit.json").read_bytes())
    assert (facts["datasets"], facts["num_rows"], facts["truncation"]["traces"]["num"]) == (["me/sums"], 20, 2)
    cut = [json.loads(line)["where"] for line in (tmp_path / "found" / "flagged.jsonl").read_text().splitlines()]
    assert [where.rpartition("/")[2] for where in dict.fromkeys(cut)] == [f"{name[5:]}, row 1" for name in files]
    assert (tmp_path / "found" / "audit.html").read_text().startswith("<!")


def test_a_name_that_the_hub_does_not_know_is_refused_in_a_sentence(hub: Hub, shell: Shell, tmp_path: Path) -> None:
    done = shell.run("audit", "me/nothing", "--out", tmp_path / "found")
    assert done.code == 2
    assert "There is no file or folder me/nothing here, and no dataset of that name" in done.err
