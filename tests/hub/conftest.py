"""A stand-in Hub that is empty at the start of every test, a shell to use it from, and a small dataset."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.server import Hub
from tests.hub.shell import Shell, opened


@pytest.fixture(scope="module")
def _running() -> Iterator[Hub]:
    with Hub().running() as running:
        yield running


@pytest.fixture(scope="module")
def shell(_running: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    with opened(_running, tmp_path_factory.mktemp("shell")) as shell:
        yield shell


@pytest.fixture
def hub(_running: Hub) -> Hub:
    _running.reset()
    return _running


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "dataset"
    (folder / "data").mkdir(parents=True)
    (folder / "README.md").write_text("# A dataset\n")
    (folder / ".lock").write_text("not to be pushed")
    for number in range(3):
        (folder / "data" / f"train-{number:05}-of-00003.parquet").write_bytes(b"PAR1" + bytes([number]) * 1000)
    return folder
