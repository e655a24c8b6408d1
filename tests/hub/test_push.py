"""The real Hub client against a stand-in of the Hub's endpoints, in a process of its own as a user runs it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from distill.errors import InputError
from distill.hub.push import kind_of
from tests.hub.server import TOKEN, Hub, Repo


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub().running() as running:
        yield running


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "dataset"
    (folder / "data").mkdir(parents=True)
    (folder / "README.md").write_text("# A dataset\n")
    (folder / ".lock").write_text("not to be pushed")
    for number in range(3):
        (folder / "data" / f"train-{number:05}-of-00003.parquet").write_bytes(b"PAR1" + bytes([number]) * 1000)
    return folder


def start(hub: Hub, *arguments: str, token: str | None = TOKEN) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
    environment |= {"HF_ENDPOINT": hub.url, "HF_HOME": "/nonexistent", "HF_HUB_DISABLE_XET": "1"}
    environment |= {"HF_TOKEN": token} if token else {}
    code = "from distill.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, "push", *arguments],
        env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def push(hub: Hub, *arguments: str, token: str | None = TOKEN) -> tuple[int, str, str]:
    process = start(hub, *arguments, token=token)
    out, err = process.communicate(timeout=120)
    assert TOKEN not in out + err
    return process.returncode, out, err


def contents(folder: Path) -> dict[str, bytes]:
    files = {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    return {name: content for name, content in files.items() if not name.startswith(".")}


def test_a_dataset_is_pushed_in_one_commit(hub: Hub, dataset: Path) -> None:
    code, out, _ = push(hub, str(dataset), "me/traces", "--tag", "v1")
    repo = hub.repos["datasets/me/traces"]
    assert (code, out.strip()) == (0, f"{hub.url}/datasets/me/traces")
    assert repo.files == contents(dataset)
    assert repo.is_private
    assert len(repo.commits) == 2
    assert repo.tags == {"v1": repo.commits[-1]}


def test_a_model_is_pushed_publicly_to_a_branch(hub: Hub, tmp_path: Path) -> None:
    model = tmp_path / "student"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_bytes(b"weights")
    code, _, err = push(hub, str(model), "student", "--public", "--revision", "trial")
    assert code == 0, err
    repo = hub.repos["models/me/student"]
    assert repo.files == contents(model)
    assert not repo.is_private
    assert "trial" in repo.branches


def test_pushed_again_nothing_is_sent_twice_and_old_shards_go(hub: Hub, dataset: Path) -> None:
    push(hub, str(dataset), "me/traces")
    (dataset / "data" / "train-00002-of-00003.parquet").unlink()
    assert push(hub, str(dataset), "me/traces")[0] == 0
    assert hub.num_uploads == 3
    assert hub.repos["datasets/me/traces"].files == contents(dataset)


def test_busy_answers_are_waited_out(hub: Hub, dataset: Path) -> None:
    troubles = iter([429, 503, 502, 500])

    def busy(request: web.Request) -> web.Response | None:
        status = next(troubles, None) if request.method != "GET" else None
        return None if status is None else web.Response(status=status, headers={"Retry-After": "0"})

    hub.trouble = busy
    assert push(hub, str(dataset), "me/traces")[0] == 0
    assert hub.repos["datasets/me/traces"].files == contents(dataset)


@pytest.mark.slow
def test_killed_at_any_moment_and_pushed_again_it_is_the_same(hub: Hub, dataset: Path) -> None:
    for delay in (0.8, 1.2, 1.6, 2.0, 2.4):
        process = start(hub, str(dataset), "me/traces")
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    code, _, err = push(hub, str(dataset), "me/traces")
    assert code == 0, err
    assert hub.repos["datasets/me/traces"].files == contents(dataset)
    assert hub.num_uploads >= 3


def test_a_connection_lost_while_uploading_is_taken_up_again(hub: Hub, dataset: Path) -> None:
    lost = iter([True, True])

    def drop(request: web.Request) -> web.Response | None:
        if request.path.startswith("/blob") and next(lost, False):
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        return None

    hub.trouble = drop
    code, _, err = push(hub, str(dataset), "me/traces")
    assert code == 0, err
    assert hub.repos["datasets/me/traces"].files == contents(dataset)


@pytest.mark.parametrize(
    ("token", "repo", "sentence"),
    [
        (None, "me/traces", "There is no Hub token; log in with `hf auth login`, or set HF_TOKEN"),
        ("hf_wrong", "me/traces", "The Hub rejected the token; log in again"),
        (TOKEN, "other/traces", "The token may not write to other/traces"),
        (TOKEN, "me/taken", "The name me/taken is taken: that dataset holds data.csv"),
    ],
)
def test_what_the_user_can_mend_is_one_sentence(
    hub: Hub, dataset: Path, token: str | None, repo: str, sentence: str
) -> None:
    hub.repos["datasets/me/taken"] = Repo(is_private=False, files={"README.md": b"", "data.csv": b""})
    code, _, err = push(hub, str(dataset), repo, token=token)
    assert code == 2
    assert sentence in err
    assert "Traceback" not in err
    assert hub.repos["datasets/me/taken"].files == {"README.md": b"", "data.csv": b""}


def test_a_tag_on_another_version_is_not_moved(hub: Hub, dataset: Path) -> None:
    push(hub, str(dataset), "me/traces", "--tag", "v1")
    tagged = dict(hub.repos["datasets/me/traces"].tags)
    (dataset / "README.md").write_text("# Changed\n")
    code, _, err = push(hub, str(dataset), "me/traces", "--tag", "v1")
    assert (code, hub.repos["datasets/me/traces"].tags) == (2, tagged)
    assert "has a tag 'v1' already, on another version" in err


def test_a_card_that_the_hub_refuses_is_said(hub: Hub, dataset: Path) -> None:
    (dataset / "README.md").write_text("---\nlicense: none of them\n---\n# A dataset\n")
    code, _, err = push(hub, str(dataset), "me/traces")
    assert code == 2
    assert '"license" must be one of many' in err


def test_a_dry_run_sends_nothing(hub: Hub, dataset: Path) -> None:
    code, out, _ = push(hub, str(dataset), "me/traces", "--dry-run", token=None)
    assert code == 0
    assert out.startswith("Would push 4 files, 3,024 bytes, to the private dataset me/traces, revision main, in one")
    assert hub.repos == {}


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a dataset"):
        kind_of(tmp_path)
