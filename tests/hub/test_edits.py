"""What a maintainer did on the Hub, and who may read it, stays as it is until the user says otherwise."""

from pathlib import Path

import pytest
from aiohttp import web

from distill.hub.sections import section, unpushed
from tests.hub.repo import Repo
from tests.hub.server import Hub, Trouble
from tests.hub.shell import Shell

DATA = "data/train-00000-of-00003.parquet"


def card(limits: str, license: str = "mit") -> str:  # noqa: A002
    header = f"license: {license}\ntags:\n- distill\nconfigs:\n- config_name: default\n  data_files: data/*.parquet\n"
    return f"---\n{header}---\n\n{section('intro', '# Traces')}\n\n{section('limits', limits)}\n"


def write(dataset: Path, limits: str) -> None:
    (dataset / "README.md").write_text(card(limits))


def readme(repo: Repo) -> str:
    return repo.files["README.md"].decode()


@pytest.fixture
def repo(hub: Hub, shell: Shell, dataset: Path) -> Repo:
    write(dataset, "None.")
    assert shell.run("push", dataset, "me/traces").code == 0
    return hub.repos["datasets/me/traces"]


def test_a_new_repository_is_private_unless_it_is_said(hub: Hub, shell: Shell, dataset: Path) -> None:
    for name, options in (("a", []), ("b", ["--private"]), ("c", ["--public"])):
        assert shell.run("push", dataset, f"me/{name}", *options).code == 0
    assert [hub.repos[f"datasets/me/{name}"].is_private for name in "abc"] == [True, True, False]


@pytest.mark.parametrize("is_private", [True, False])
def test_the_visibility_of_a_repository_is_left_alone(
    hub: Hub, shell: Shell, dataset: Path, repo: Repo, is_private: bool
) -> None:
    repo.is_private, repo.gated = is_private, "auto"
    write(dataset, "Some.")
    done = shell.run("push", dataset, "me/traces")
    assert (done.code, repo.is_private) == (0, is_private)
    assert f"It is {'private' if is_private else 'public'}, gated (auto), and holds 6 files" in done.err


def test_another_visibility_has_to_be_meant(hub: Hub, shell: Shell, dataset: Path, repo: Repo) -> None:
    write(dataset, "Some.")
    done = shell.run("push", dataset, "me/traces", "--public")
    assert (done.code, repo.is_private, len(repo.commits)) == (2, True, 2)
    assert "me/traces is private, and --public would show it to everyone; to change it add --set-vis" in done.err
    done = shell.run("push", dataset, "me/traces", "--public", "--set-visibility")
    assert (done.code, repo.is_private) == (0, False)
    assert "to the public (now private) dataset me/traces" in done.err
    assert hub.log.index("POST /api/datasets/me/traces/commit/main") < hub.log.index(
        "PUT /api/datasets/me/traces/settings"
    )
    done = shell.run("push", dataset, "me/traces", "--private")
    assert "me/traces is public, and --private would hide it from its readers" in done.err
    assert shell.run("push", dataset, "me/traces", "--set-visibility").code == 2


def test_nothing_is_sent_where_the_owners_settings_make_it_public(hub: Hub, shell: Shell, dataset: Path) -> None:
    hub.visibilities["team"] = "public"
    done = shell.run("push", dataset, "team/traces")
    assert (done.code, len(hub.repos["datasets/team/traces"].commits)) == (2, 1)
    assert "team/traces is public, by its owner's settings, and nothing was sent" in done.err
    done = shell.run("push", dataset, "team/traces")
    assert (done.code, "team/traces is public and holds nothing yet. Add --public where everyone" in done.err) == (
        2,
        True,
    )
    assert shell.run("push", dataset, "team/traces", "--public").code == 0
    hub.visibilities["team"] = "private"
    done = shell.run("push", dataset, "team/more", "--public")
    assert (done.code, hub.repos["datasets/team/more"].is_private) == (0, True)
    assert "The Hub made team/more private, whatever was asked" in done.err


def test_text_of_the_maintainers_own_stays_word_for_word(hub: Hub, shell: Shell, dataset: Path, repo: Repo) -> None:
    theirs = readme(repo).replace("license: mit", "license: cc-by-4.0  # as agreed\nannotations: mine")
    theirs = (
        theirs.replace("<!-- distill: begin limits", "\n## Thanks\n\nTo  all.\n\n<!-- distill: begin limits")
        + "\nEnd.\n"
    )
    repo.commit({"README.md": theirs.encode()})
    write(dataset, "Some.")
    done = shell.run("push", dataset, "me/traces")
    assert done.code == 0, done.err
    assert readme(repo) == theirs.replace("None.", "Some.")
    assert "3 lines of your own in README.md" in done.err
    assert "as it is on the Hub, in README.md: license" in done.err
    assert shell.run("push", dataset, "me/traces").code == 0
    assert len(repo.commits) == 4


def test_an_edit_inside_a_section_of_ours_is_shown_and_stops_the_push(
    hub: Hub, shell: Shell, dataset: Path, repo: Repo
) -> None:
    repo.commit({"README.md": readme(repo).replace("None.", "Mine.").encode()})
    done = shell.run("push", dataset, "me/traces")
    assert (done.code, "section `limits`" in done.err) == (0, True)  # ours did not change, so theirs stays
    write(dataset, "Some.")
    done = shell.run("push", dataset, "me/traces")
    assert (done.code, "Mine." in readme(repo)) == (2, True)
    assert "-None.\n+Mine." in done.err
    assert "me/traces was edited on the Hub inside what this push would replace (section `limits`)" in done.err
    assert shell.run("push", dataset, "me/traces", "--dry-run").code == 2
    assert shell.run("push", dataset, "me/traces", "--replace-edits").code == 0
    assert readme(repo) == card("Some.")


def test_a_file_of_ours_that_was_edited_stops_the_push(hub: Hub, shell: Shell, dataset: Path, repo: Repo) -> None:
    repo.commit({DATA: b"PAR1 mended by hand", "notes.md": b"mine"})
    (dataset / DATA).write_bytes(b"PAR1 of a new selection")
    done = shell.run("push", dataset, "me/traces")
    assert (done.code, repo.files[DATA]) == (2, b"PAR1 mended by hand")
    assert f"inside what this push would replace (file {DATA})" in done.err
    assert shell.run("push", dataset, "me/traces", "--replace-edits").code == 0
    assert (repo.files[DATA], repo.files["notes.md"]) == (b"PAR1 of a new selection", b"mine")


def test_a_repository_with_a_card_alone_keeps_it(hub: Hub, shell: Shell, dataset: Path) -> None:
    write(dataset, "None.")
    repo = hub.repos["datasets/me/traces"] = Repo(True, {"README.md": b"---\nlicense: gpl-3.0\n---\n# My plan\n"})
    assert shell.run("push", dataset, "me/traces").code == 0
    assert readme(repo).startswith("---\nlicense: gpl-3.0\ntags:\n- distill\nconfigs:")
    assert "\n# My plan\n" in readme(repo)
    assert section("limits", "None.") in readme(repo)


def test_our_sections_name_the_repository_that_they_are_pushed_to(hub: Hub, shell: Shell, dataset: Path) -> None:
    loading = f'load_dataset("{unpushed("sums")}")'
    (dataset / "README.md").write_text(f"My OWNER/sums.\n\n{section('use', loading)}\n")
    for _ in range(2):
        assert shell.run("push", dataset, "me/traces").code == 0
    repo = hub.repos["datasets/me/traces"]
    used = section("use", 'load_dataset("me/traces")')
    assert readme(repo) == f"My OWNER/sums.\n\n{used}\n"
    assert len(repo.commits) == 2


def test_what_an_earlier_version_pushed_is_adopted_when_asked(hub: Hub, shell: Shell, dataset: Path) -> None:
    write(dataset, "None.")
    old = {
        "README.md": b"---\npretty_name: Mine\n---\n# Old\n",
        DATA: b"PAR1",
        "data/train-3.parquet": b"PAR1",
        "a.md": b"",
    }
    repo = hub.repos["datasets/me/traces"] = Repo(False, old)
    done = shell.run("push", dataset, "me/traces")
    assert (done.code, "no distill.json says that distill pushed it" in done.err) == (2, True)
    done = shell.run("push", dataset, "me/traces", "--adopt")
    assert (done.code, "-# Old" in done.err, repo.files) == (2, True, old)
    assert "README.md of me/traces has no marks of distill" in done.err
    assert shell.run("push", dataset, "me/traces", "--adopt", "--replace-edits").code == 0
    assert "# Old" not in readme(repo)
    assert "pretty_name: Mine" in readme(repo)
    assert ("a.md" in repo.files, "data/train-3.parquet" in repo.files) == (True, False)


def committing(repo: Repo, changes: list[dict[str, bytes | None]]) -> Trouble:
    """Somebody commits right before each of our commits."""
    left = iter(changes)

    def meanwhile(request: web.Request) -> None:
        if "/commit/" in request.path and (change := next(left, None)) is not None:
            repo.commit(change)

    return meanwhile


def test_a_commit_that_came_first_is_followed_and_not_lost(hub: Hub, shell: Shell, dataset: Path, repo: Repo) -> None:
    write(dataset, "Some.")
    hub.trouble = committing(repo, [{"a.md": b"a"}, {"b.md": b"b"}])
    done = shell.run("push", dataset, "me/traces")
    assert done.code == 0, done.err
    assert (repo.files["a.md"], repo.files["b.md"], readme(repo)) == (b"a", b"b", card("Some."))
    assert done.err.count("Somebody else's commit came first") == 2
    assert len(repo.commits) == 5


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ([{"README.md": b"# Theirs\n"}], "Somebody changed README.md of me/traces while this was pushed"),
        ([{DATA: b"PAR1 of theirs"}], f"Somebody changed {DATA} of me/traces while this was pushed"),
        (
            [{f"{number}.md": b""} for number in range(6)],
            "me/traces moved on 5 times under this push; what was sent is kept",
        ),
    ],
)
def test_a_push_gives_up_where_ours_was_touched_or_it_never_ends(
    hub: Hub, shell: Shell, dataset: Path, repo: Repo, changes: list[dict[str, bytes | None]], sentence: str
) -> None:
    write(dataset, "Some.")
    (dataset / DATA).write_bytes(b"PAR1 of ours")
    hub.trouble = committing(repo, changes)
    done = shell.run("push", dataset, "me/traces")
    assert (done.code, sentence in done.err) == (2, True), done.err
    assert "Some." not in readme(repo)
    assert all(repo.files[name] == content for change in changes[:5] for name, content in change.items())


def test_a_lost_answer_to_a_commit_makes_no_second_one(hub: Hub, shell: Shell, dataset: Path, repo: Repo) -> None:
    write(dataset, "Some.")
    commits = iter([True])
    hub.is_lost = lambda request: "/commit/" in request.path and next(commits, False)
    done = shell.run("push", dataset, "me/traces")
    assert (done.code, readme(repo), len(repo.commits)) == (0, card("Some."), 3), done.err


def test_a_lost_answer_to_a_new_repository_is_no_name_that_is_taken(hub: Hub, shell: Shell, dataset: Path) -> None:
    made = iter([True])
    hub.is_lost = lambda request: "/create" in request.path and next(made, False)
    done = shell.run("push", dataset, "me/traces")
    assert (done.code, len(hub.repos["datasets/me/traces"].commits)) == (0, 2), done.err
