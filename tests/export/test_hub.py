"""A dataset of the Hub, by name, against the stand-in of its endpoints."""

from pathlib import Path

from tests.cli.test_cli import distill
from tests.export.planted import HELD_OUT, ROWS, write
from tests.export.test_export import lines
from tests.hub.repo import Repo
from tests.hub.server import TOKEN, Hub


def test_a_dataset_of_the_hub_is_exported_a_split_at_a_time(tmp_path: Path) -> None:
    folder = write(tmp_path / "dataset")
    files = {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    hub = Hub()
    hub.repos["datasets/me/traces"] = Repo(False, files)
    with hub.running() as running:
        env = {"HF_ENDPOINT": running.url, "HF_HOME": str(tmp_path), "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": TOKEN}
        out = tmp_path / "out"
        done = distill("export", "me/traces", "me/traces@test", "--to", "sharegpt", "--out", out, env=env)
    assert done.returncode == 0, done.stderr
    assert [line["id"] for line in lines(out / "train.jsonl")] == [row["id"] for row in ROWS]
    assert [line["id"] for line in lines(out / "test.jsonl")] == [row["id"] for row in HELD_OUT]
