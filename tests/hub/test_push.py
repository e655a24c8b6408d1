"""The real Hub client against a stand-in of the Hub's endpoints, in a process of its own as a user runs it."""

import json
import os
import random
import re
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web

from distill.errors import InputError
from distill.hub.folder import kind_of
from tests.hub.repo import Repo
from tests.hub.server import TOKEN, Hub, refusal
from tests.hub.shell import PLAIN, XET, Shell

NAMES = ["README.md", "data/train-00000-of-00003.parquet", "data/train-00001-of-00003.parquet",
         "data/train-00002-of-00003.parquet"]  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    files = {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    return {name: content for name, content in files.items() if not name.startswith(".lock")}


def pushed(repo: Repo) -> dict[str, bytes]:
    """What lies on the Hub, without the marker and what the Hub itself puts there."""
    return {name: content for name, content in repo.files.items() if name not in ("distill.json", ".gitattributes")}


TRANSPORTS = pytest.mark.parametrize("transport", [PLAIN, XET], ids=["plain", "xet"])


@TRANSPORTS
def test_a_dataset_is_pushed_in_one_commit(hub: Hub, shell: Shell, dataset: Path, transport: dict[str, str]) -> None:
    done = shell.run("push", dataset, "me/traces", "--tag", "v1", **transport)
    assert (done.code, done.out.strip()) == (0, f"{hub.url}/datasets/me/traces"), done.err
    repo = hub.repos["datasets/me/traces"]
    assert pushed(repo) == contents(dataset)
    assert repo.is_private
    assert len(repo.commits) == 2
    assert repo.tags == {"v1": repo.commits[-1]}
    assert sorted(json.loads(repo.files["distill.json"])["files"]) == NAMES
    assert (hub.num_uploads > 0) == (transport == PLAIN)
    assert (len(hub.cas.files) > 0) == (transport == XET)


def test_a_model_is_pushed_publicly_to_a_branch(hub: Hub, shell: Shell, tmp_path: Path) -> None:
    model = tmp_path / "student"
    (model / ".eval_results").mkdir(parents=True)
    (model / ".eval_results" / "math.yaml").write_text("- value: 1\n")
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_bytes(b"weights")
    done = shell.run("push", model, "student", "--public", "--revision", "trial")
    assert done.code == 0, done.err
    repo = hub.repos["models/me/student"]
    there = repo.at("trial")
    assert there is not None
    assert {name: there[name] for name in contents(model)} == contents(model)
    assert set(repo.files) == {".gitattributes"}
    assert not repo.is_private


def num_sent(hub: Hub) -> int:
    """Uploads of file contents, by either way."""
    return sum(line.startswith(("PUT /blob", "POST /cas/v1/xorbs")) for line in hub.log)


@TRANSPORTS
def test_pushed_again_nothing_is_sent_and_no_commit_is_made(
    hub: Hub, shell: Shell, dataset: Path, transport: dict[str, str]
) -> None:
    shell.run("push", dataset, "me/traces", **transport)
    before = num_sent(hub)
    done = shell.run("push", dataset, "me/traces", "--tag", "v1", **transport)
    assert (done.code, num_sent(hub)) == (0, before)
    assert "Pushes nothing: all is there already" in done.err
    repo = hub.repos["datasets/me/traces"]
    assert (len(repo.commits), repo.tags) == (2, {"v1": repo.commits[-1]})


def test_old_shards_go_and_only_what_changed_is_sent(hub: Hub, shell: Shell, dataset: Path) -> None:
    shell.run("push", dataset, "me/traces")
    (dataset / NAMES[3]).unlink()
    (dataset / NAMES[2]).write_bytes(b"PAR1 and another")
    done = shell.run("push", dataset, "me/traces")
    assert (done.code, hub.num_uploads) == (0, 4)
    assert pushed(hub.repos["datasets/me/traces"]) == contents(dataset)
    assert f"delete   {NAMES[3]}  1.00 KB" in done.err
    assert f"replace  {NAMES[2]}  1.00 KB → 16 B" in done.err


@TRANSPORTS
def test_what_reached_the_hub_before_an_error_is_not_sent_again(
    hub: Hub, shell: Shell, dataset: Path, transport: dict[str, str]
) -> None:
    hub.trouble = lambda request: refusal(400, "no") if "/commit/" in request.path else None
    first = shell.run("push", dataset, "me/traces", **transport)
    assert (first.code, "The Hub refuses what me/traces should become: no." in first.err) == (2, True)
    before = num_sent(hub)
    hub.trouble = lambda _: None
    assert shell.run("push", dataset, "me/traces", **transport).code == 0
    assert num_sent(hub) == before > 0
    assert pushed(hub.repos["datasets/me/traces"]) == contents(dataset)


def test_busy_answers_are_waited_out(hub: Hub, shell: Shell, dataset: Path) -> None:
    troubles = iter([429, 503, 502, 500])

    def busy(request: web.Request) -> web.Response | None:
        status = next(troubles, None) if request.method != "GET" else None
        return None if status is None else web.Response(status=status, headers={"Retry-After": "0"})

    hub.trouble = busy
    assert shell.run("push", dataset, "me/traces").code == 0
    assert pushed(hub.repos["datasets/me/traces"]) == contents(dataset)


@pytest.mark.slow
@TRANSPORTS
def test_killed_at_any_moment_and_pushed_again_it_is_the_same(
    hub: Hub, shell: Shell, dataset: Path, transport: dict[str, str]
) -> None:
    shell.run("push", dataset, "me/first", **transport)
    num_requests = len(hub.log)
    hub.reset()
    for number in range(1, num_requests, 2):
        begun = len(hub.log)
        process = shell.start("push", dataset, "me/traces", **transport)
        while len(hub.log) - begun < number and Path(f"/proc/{process}").exists():
            time.sleep(0.002)
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        shell.wait()
    done = shell.run("push", dataset, "me/traces", **transport)
    assert done.code == 0, done.err
    assert pushed(hub.repos["datasets/me/traces"]) == contents(dataset)
    assert len(hub.repos["datasets/me/traces"].commits) == 2


@TRANSPORTS
def test_a_connection_lost_while_uploading_is_taken_up_again(
    hub: Hub, shell: Shell, dataset: Path, transport: dict[str, str]
) -> None:
    lost = iter([True, True])

    def drop(request: web.Request) -> web.Response | None:
        if request.path.startswith(("/blob", "/cas/v1/xorbs")) and next(lost, False):
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        return None

    hub.trouble = drop
    done = shell.run("push", dataset, "me/traces", **transport)
    assert done.code == 0, done.err
    assert pushed(hub.repos["datasets/me/traces"]) == contents(dataset)


@TRANSPORTS
def test_bytes_and_the_time_left_are_told_while_they_pass(
    hub: Hub, shell: Shell, dataset: Path, transport: dict[str, str]
) -> None:
    noise, hub.cas.pause_s = random.Random(1), 0.05
    for name in NAMES[1:]:
        (dataset / name).write_bytes(noise.randbytes(1_500_000))
    done = shell.run("push", dataset, "me/traces", LINE_INTERVAL_S="0", **transport)
    told = re.findall(r"push: (\S+ [KM]?B) of 4.50 MB · .*/s · .* left", done.err)
    assert len(told) >= 3, done.err
    assert "push: 4.50 MB sent in " in done.err
    assert "%|" not in done.err


@pytest.mark.parametrize(
    ("token", "repo", "sentence"),
    [
        (None, "me/traces", "There is no Hub token; log in with `hf auth login`, or set HF_TOKEN"),
        ("hf_wrong", "me/traces", "The Hub rejected the token; log in again"),
        (TOKEN, "other/traces", "The token may not write to other/traces (You don't have the rights"),
        (TOKEN, "other/there", "The token may not write to other/there (Forbidden: you may not write)"),
        (TOKEN, "me/taken", "The name me/taken is taken: that dataset holds data.csv, and no distill.json says"),
        (TOKEN, "me/newer", "me/newer was pushed by a later version of distill; update distill first."),
        (TOKEN, "my traces!!/x y", "'my traces!!/x y' is no name on the Hub (Repo id must use alphanumeric"),
    ],
)
def test_what_the_user_can_mend_is_one_sentence(
    hub: Hub, shell: Shell, dataset: Path, token: str | None, repo: str, sentence: str
) -> None:
    hub.repos["datasets/me/taken"] = Repo(is_private=False, first={"README.md": b"", "data.csv": b""})
    hub.repos["datasets/me/newer"] = Repo(is_private=False, first={"distill.json": b'{"format": 2, "kind": "dataset"}'})
    hub.repos["datasets/other/there"] = Repo(is_private=False)
    done = shell.run("push", dataset, repo, token=token)
    assert done.code == 2
    assert sentence in done.err
    assert "Traceback" not in done.err
    assert {len(repo.commits) for repo in hub.repos.values()} == {1}


@pytest.mark.parametrize(
    ("transport", "refused", "sentence"),
    [
        (
            PLAIN,
            ("/commit/", 413, "Payload too large"),
            "The Hub says that a file or the commit is too large (Payload too",
        ),
        (XET, ("/cas/v1/xorbs", 413, ""), "The Hub says that a file or the commit is too large"),
        (XET, ("xet-write-token", 403, ""), "The token may not write to me/traces"),
        (
            PLAIN,
            ("/batch", 403, "Private repository storage limit reached"),
            "The storage of me on the Hub is full (Private",
        ),
        (
            PLAIN,
            ("/repos/create", 409, "reserved"),
            "The name me/traces is taken on the Hub by something else (reserved)",
        ),
        (PLAIN, ("/repos/create", 404, "no such owner"), "The Hub knows no me/traces, or the token may not see it"),
        (
            PLAIN,
            ("/repos/create", 429, "slow down"),
            "The Hub limits how often it is asked (429), after 6 attempts; what was",
        ),
        (PLAIN, ("/repos/create", 503, ""), "The Hub still answers 503, after 6 attempts; what was sent is kept."),
        (PLAIN, ("/repos/create", 418, "teapot"), "The Hub refused me/traces with status 418"),
    ],
)
def test_what_the_hub_refuses_is_one_sentence(
    hub: Hub, shell: Shell, dataset: Path, transport: dict[str, str], refused: tuple[str, int, str], sentence: str
) -> None:
    place, status, words = refused
    hub.trouble = lambda request: refusal(status, words) if place in request.path else None
    done = shell.run("push", dataset, "me/traces", **transport)
    assert (done.code, sentence in done.err) == (2, True), done.err
    assert "Traceback" not in done.err


def test_a_hub_that_is_out_of_reach_or_shut_off_is_one_sentence(hub: Hub, shell: Shell, dataset: Path) -> None:
    def drop(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    hub.trouble = drop
    done = shell.run("push", dataset, "me/traces")
    assert (done.code, "The Hub cannot be reached (" in done.err) == (2, True)
    done = shell.run("push", dataset, "me/traces", HF_HUB_OFFLINE="1")
    assert (done.code, "HF_HUB_OFFLINE is set, so the Hub is not asked" in done.err) == (2, True)


def test_a_tag_on_another_version_is_not_moved_and_nothing_is_sent(hub: Hub, shell: Shell, dataset: Path) -> None:
    shell.run("push", dataset, "me/traces", "--tag", "v1")
    tagged = dict(hub.repos["datasets/me/traces"].tags)
    (dataset / "README.md").write_text("# Changed\n")
    done = shell.run("push", dataset, "me/traces", "--tag", "v1")
    repo = hub.repos["datasets/me/traces"]
    assert (done.code, repo.tags, len(repo.commits)) == (2, tagged, 2)
    assert "has a tag 'v1' already, on another version" in done.err
    done = shell.run("push", dataset, "me/traces", "--revision", "v1")
    assert "v1 is a tag of me/traces; a push goes to a branch." in done.err


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (
            "license: none of them",
            "The Hub has no licence 'none of them'; in the header of README.md write `license: other`",
        ),
        (
            "license: [mit, Apache 2.0]",
            "The Hub has no licence 'Apache 2.0'; in the header of README.md write `license: ap",
        ),
        ("license: [mit", "The header of README.md is no valid YAML"),
        ("pretty_name: 7", 'The Hub refuses the header of README.md: "pretty_name" must be a string. Mend it'),
    ],
)
def test_a_card_that_the_hub_refuses_is_said_before_anything_is_made(
    hub: Hub, shell: Shell, dataset: Path, header: str, sentence: str
) -> None:
    (dataset / "README.md").write_text(f"---\n{header}\n---\n# A dataset\n")
    done = shell.run("push", dataset, "me/traces")
    assert (done.code, sentence in done.err, hub.repos) == (2, True, {}), done.err


def test_a_dry_run_without_a_token_checks_and_lists(hub: Hub, shell: Shell, dataset: Path) -> None:
    done = shell.run("push", dataset, "me/traces", "--dry-run", token=None)
    assert (done.code, hub.log) == (0, [])
    assert done.out.startswith(
        "Would push 4 files, 3,024 bytes, to the private dataset me/traces, revision main, in one"
    )
    assert "There is no Hub token, so the Hub was not asked what is there." in done.out
    for wrong in (["x y"], ["me/x", "--tag", "a..b"], ["me/x", "--revision", "a b"], ["me/x", "--revision", "0" * 40]):
        assert shell.run("push", dataset, *wrong, "--dry-run", token=None).code == 2


def test_a_dry_run_with_a_token_shows_the_plan_and_sends_nothing(hub: Hub, shell: Shell, dataset: Path) -> None:
    new = shell.run("push", dataset, "traces", "--dry-run")
    assert "to the private dataset me/traces, revision main, in one commit:" in new.out
    assert "There is no such repository yet" in new.out
    shell.run("push", dataset, "me/traces", "--public")
    hub.repos["datasets/me/traces"].commit({"notes.md": b"mine"})
    (dataset / NAMES[1]).write_bytes(b"PAR1 of more")
    hub.log.clear()
    done = shell.run("push", dataset, "me/traces", "--dry-run")
    assert done.code == 0
    assert {line.split()[0] for line in hub.log} <= {"GET", "HEAD"}
    assert "Would push 2 files" in done.out
    assert "to the public dataset me/traces" in done.out
    assert f"replace  {NAMES[1]}  1.00 KB → 12 B" in done.out
    assert "stays    notes.md (not ours)" in done.out


def test_prompts_of_the_runs_stay_here_where_that_is_asked(hub: Hub, shell: Shell, dataset: Path) -> None:
    prompts = dataset / "provenance" / "run" / "prompts"
    prompts.mkdir(parents=True)
    (prompts / "0.parquet").write_bytes(b"PAR1")
    (prompts.parent / "manifest.json").write_text("{}")
    shell.run("push", dataset, "me/traces")
    assert "provenance/run/prompts/0.parquet" in hub.repos["datasets/me/traces"].files
    done = shell.run("push", dataset, "me/traces", "--no-prompts")
    assert "delete   provenance/run/prompts/0.parquet" in done.err
    assert "provenance/run/prompts/0.parquet" not in hub.repos["datasets/me/traces"].files
    assert "provenance/run/manifest.json" in hub.repos["datasets/me/traces"].files


def test_the_folder_of_a_run_names_what_can_be_pushed(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"what it made is pushed by `distill push {dataset} REPO`"):
        kind_of(dataset.parent)
    with pytest.raises(InputError, match="neither a dataset"):
        kind_of(dataset / "data")
    with pytest.raises(InputError, match="There is no folder"):
        kind_of(tmp_path / "none")
