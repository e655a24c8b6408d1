"""A dataset or model of ours comes back as the folder it was, or not at all."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web

from distill.hub.sections import section
from tests.hub.repo import Repo
from tests.hub.server import Hub, refusal
from tests.hub.shell import PLAIN, XET, Shell

TRANSPORTS = pytest.mark.parametrize("transport", [PLAIN, XET], ids=["plain", "xet"])
DATA = "data/train-00000-of-00003.parquet"


def contents(folder: Path) -> dict[str, bytes]:
    files = {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    return {name: content for name, content in files.items() if name not in (".lock", "distill.json")}


@TRANSPORTS
def test_a_dataset_comes_back_and_pushed_again_it_is_no_change(
    hub: Hub, shell: Shell, dataset: Path, tmp_path: Path, transport: dict[str, str]
) -> None:
    shell.run("push", dataset, "me/traces", **transport)
    back = tmp_path / "back"
    done = shell.run("pull", "me/traces", "--out", back, **transport)
    assert done.code == 0, done.err
    assert f"4 files, 3.02 KB, of me/traces at 356a192b, as they were pushed; the dataset is {back}." in done.out
    assert contents(back) == contents(dataset)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("back")] == ["back"]
    assert (back / "distill.json").is_file()
    assert not (back / ".cache").exists()
    assert any("/cas/v1/reconstructions" in line for line in hub.log) == (transport == XET)
    assert shell.run("push", back, "me/traces", **transport).code == 0
    assert len(hub.repos["datasets/me/traces"].commits) == 2


def test_a_model_and_an_earlier_version_come_back(hub: Hub, shell: Shell, tmp_path: Path) -> None:
    model = tmp_path / "student"
    (model / ".eval_results").mkdir(parents=True)
    (model / ".eval_results" / "math.yaml").write_text("- value: 1\n")
    (model / "config.json").write_text("{}")
    shell.run("push", model, "student", "--tag", "v1")
    first = contents(model)
    (model / "config.json").write_text('{"a": 1}')
    shell.run("push", model, "student")
    assert shell.run("pull", "student", "--out", tmp_path / "new").code == 0
    assert shell.run("pull", "me/student", "--out", tmp_path / "old", "--revision", "v1", "--model").code == 0
    assert (contents(tmp_path / "old"), contents(tmp_path / "new")) == (first, contents(model))


def test_the_maintainers_card_comes_along_and_their_files_stay(
    hub: Hub, shell: Shell, dataset: Path, tmp_path: Path
) -> None:
    (dataset / "README.md").write_text(section("limits", "None.") + "\n")
    shell.run("push", dataset, "me/traces", "--public")
    repo = hub.repos["datasets/me/traces"]
    mine = (section("limits", "None.") + "\n\nMine.\n").encode()
    repo.commit({"notes.md": b"mine", "README.md": mine})
    done = shell.run("pull", "me/traces", "--out", tmp_path / "back", token=None)
    assert done.code == 0, done.err
    assert "1 files that distill did not push were left there." in done.out
    assert (tmp_path / "back" / "README.md").read_bytes() == mine
    assert not (tmp_path / "back" / "notes.md").exists()
    assert shell.run("push", tmp_path / "back", "me/traces").code == 0
    assert len(repo.commits) == 3
    (tmp_path / "back" / "README.md").write_bytes(mine + b"More.\n")
    assert shell.run("push", tmp_path / "back", "me/traces").code == 0
    assert repo.files["README.md"] == mine + b"More.\n"


def test_what_was_changed_on_both_sides_of_a_pull_stops_the_push(
    hub: Hub, shell: Shell, dataset: Path, tmp_path: Path
) -> None:
    shell.run("push", dataset, "me/traces")
    repo, back = hub.repos["datasets/me/traces"], tmp_path / "back"
    shell.run("pull", "me/traces", "--out", back)
    repo.commit({"README.md": b"# Theirs\n"})
    assert shell.run("push", back, "me/traces").code == 0
    assert repo.files["README.md"] == b"# Theirs\n"
    (back / "README.md").write_text("# Ours\n")
    done = shell.run("push", back, "me/traces")
    assert (done.code, "-# Theirs\n+# Ours" in done.err, repo.files["README.md"]) == (2, True, b"# Theirs\n")
    (dataset / DATA).write_bytes(b"PAR1 of a new version")
    assert shell.run("push", dataset, "me/traces", "--replace-edits").code == 0
    done = shell.run("push", back, "me/traces")
    assert (done.code, f"file {DATA}" in done.err, repo.files[DATA]) == (2, True, b"PAR1 of a new version")


@pytest.mark.parametrize(
    ("repo", "sentence"),
    [
        ("me/foreign", '`datasets.load_dataset("me/foreign")` reads it, and `distill audit me/foreign` examines it.'),
        ("me/nothing", "The Hub knows no me/nothing, or the token may not see it; check the name, or log in"),
        (
            "me/edited",
            f"{DATA} of me/edited is not what was pushed: edited or deleted there since. Pull an earlier commit",
        ),
        ("me/gone", f"{DATA} of me/gone is not what was pushed"),
        ("other/gated", "other/gated is gated. Ask for access on its page, log in with `hf auth login`"),
        ("a/b/c", "'a/b/c' is no name on the Hub"),
    ],
)
def test_what_cannot_be_pulled_is_one_sentence(
    hub: Hub, shell: Shell, dataset: Path, tmp_path: Path, repo: str, sentence: str
) -> None:
    for name in ("edited", "gone"):
        shell.run("push", dataset, f"me/{name}")
    hub.repos["datasets/me/edited"].commit({DATA: b"PAR1 mended"})
    hub.repos["datasets/me/gone"].commit({DATA: None})
    hub.repos["datasets/me/foreign"] = Repo(False, {"data.csv": b"", "distill.json": b'{"name": "another"}'})
    hub.repos["datasets/other/gated"] = Repo(False, {"distill.json": b"{}"}, gated="auto")
    done = shell.run("pull", repo, "--out", tmp_path / "back")
    assert (done.code, sentence in done.err) == (2, True), done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "back").exists()


def test_names_of_versions_and_places_are_checked(hub: Hub, shell: Shell, dataset: Path, tmp_path: Path) -> None:
    shell.run("push", dataset, "me/traces")
    done = shell.run("pull", "me/traces", "--out", tmp_path / "back", "--revision", "v9")
    assert "me/traces has no branch, tag or commit v9; name another with --revision." in done.err
    done = shell.run("pull", "me/traces", "--out", dataset)
    assert f"{dataset} is there already; name a new or empty folder with --out." in done.err
    (tmp_path / "empty").mkdir()
    assert shell.run("pull", "me/traces", "--out", tmp_path / "empty").code == 0


def test_a_marker_that_names_files_outside_is_refused(hub: Hub, shell: Shell, dataset: Path, tmp_path: Path) -> None:
    shell.run("push", dataset, "me/traces")
    repo = hub.repos["datasets/me/traces"]
    repo.commit({"distill.json": repo.files["distill.json"].replace(DATA.encode(), b"../outside")})
    done = shell.run("pull", "me/traces", "--out", tmp_path / "back")
    assert (done.code, "names a file outside of it, '../outside'" in done.err) == (2, True)


def test_a_file_that_was_damaged_on_the_way_is_fetched_again(
    hub: Hub, shell: Shell, dataset: Path, tmp_path: Path
) -> None:
    shell.run("push", dataset, "me/traces")
    content = (dataset / DATA).read_bytes()
    headers = {"X-Repo-Commit": "0" * 40, "ETag": '"0"'}

    def damage(request: web.Request) -> web.Response | None:
        bad = request.method == "GET" and request.path.endswith(DATA)
        return web.Response(body=content[::-1], headers=headers) if bad else None

    hub.trouble = damage
    done = shell.run("pull", "me/traces", "--out", tmp_path / "back")
    assert (done.code, f"{DATA} of me/traces did not arrive as pushed" in done.err) == (2, True), done.err
    hub.trouble = lambda _: None
    assert shell.run("pull", "me/traces", "--out", tmp_path / "back").code == 0
    assert contents(tmp_path / "back") == contents(dataset)


def test_a_pull_that_was_killed_goes_on_where_it_was(hub: Hub, shell: Shell, dataset: Path, tmp_path: Path) -> None:
    shell.run("push", dataset, "me/traces")
    hub.trouble = lambda request: refusal(503, "") if request.path.endswith("2-of-00003.parquet") else None
    process = shell.start("pull", "me/traces", "--out", tmp_path / "back")
    fetched = tmp_path / "back.partial"
    notes = fetched / ".cache" / "huggingface" / "download"  # what the client itself goes by
    while not all((notes / f"{name}.metadata").is_file() for name in (DATA, "README.md")):
        time.sleep(0.01)
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    shell.wait()
    hub.trouble = lambda _: None
    hub.log.clear()
    assert shell.run("pull", "me/traces", "--out", tmp_path / "back").code == 0
    assert contents(tmp_path / "back") == contents(dataset)
    assert not [line for line in hub.log if line.startswith("GET") and line.endswith(DATA)]
