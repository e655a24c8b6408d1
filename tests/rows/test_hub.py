"""The real Hub client against a stand-in of the Hub's endpoints, in a process of its own, as it reads HF_HOME once."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from distill.rows.hub import HubId, is_hub_id, parse_hub_id
from tests.hub.repo import Repo
from tests.hub.server import TOKEN, Hub

CARD = """---
configs:
- {config_name: math, data_files: [{split: train, path: math.jsonl}]}
- {config_name: code, data_files: [{split: train, path: code.jsonl}]}
---
"""
CODE = """
import sys
from distill.errors import DistillError
from distill.rows.hub import hub_files
try:
    print("".join(file.read_text() for file in hub_files(sys.argv[1])))
except DistillError as error:
    print(type(error).__name__, error)
"""


@pytest.fixture
def hub() -> Iterator[Hub]:
    stand_in = Hub()
    card = {"README.md": b"# Rows\n"}
    stand_in.repos["datasets/me/rows"] = Repo(
        False,
        {"data/train-0.jsonl": b'{"n": 1}', "data/train-1.jsonl": b'{"n": 2}', "data/test.jsonl": b'{"n": 3}'} | card,
    )
    configs = {"math.jsonl": b'{"n": 4}', "code.jsonl": b'{"n": 5}', "README.md": CARD.encode()}
    stand_in.repos["datasets/me/configs"] = Repo(False, configs)
    with stand_in.running() as running:
        yield running


def fetched(hub: Hub, home: Path, name: str, **more: str) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGING"))}
    environment |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": TOKEN, **more}
    done = subprocess.run(
        [sys.executable, "-c", CODE, name], env=environment, text=True, capture_output=True, check=True, timeout=120
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("me/rows", '{"n": 1}{"n": 2}'),
        ("me/rows@test#main", '{"n": 3}'),
        ("me/configs:code", '{"n": 5}'),
        ("me/configs", "InputError me/configs: Config name is missing."),
        ("me/rows:default@none", "InputError me/rows has no split none, but train, test."),
        ("me/nothing", "HubError There is no file or folder me/nothing here, and no dataset"),
    ],
)
def test_a_name_finds_its_files(hub: Hub, tmp_path: Path, name: str, found: str) -> None:
    assert fetched(hub, tmp_path, name).startswith(found)


def test_what_was_fetched_needs_no_hub(hub: Hub, tmp_path: Path) -> None:
    first = fetched(hub, tmp_path, "me/configs:code")
    hub.repos.clear()
    assert json.loads(fetched(hub, tmp_path, "me/configs:code", HF_HUB_OFFLINE="1")) == json.loads(first) == {"n": 5}


@pytest.mark.parametrize("name", ["./a/b", "/a/b", "~/a", "a", "a/b/c", "a/b:c:d"])
def test_a_path_is_no_dataset_of_the_hub(name: str) -> None:
    assert not is_hub_id(name)


def test_every_part_of_a_name_may_be_left_out() -> None:
    assert parse_hub_id("a/b") == HubId("a/b", None, "train", None)
    assert parse_hub_id("a/b#refs/pr/1") == HubId("a/b", None, "train", "refs/pr/1")
    assert parse_hub_id("a/b:c") == HubId("a/b", "c", "train", None)
    assert parse_hub_id("a/b:c@d#e") == HubId("a/b", "c", "d", "e")
