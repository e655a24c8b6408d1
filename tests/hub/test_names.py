import subprocess

import pytest

from distill.errors import HubError
from distill.hub.names import check_branch, check_repo, check_tag

REFS = ["v1", "v1.0", "a/b", "refs/pr/1", "ü", "-a", "a..b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "/a",
        "a/", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a.", "a@{b", "a\x7f", ""]  # fmt: skip


@pytest.mark.parametrize("name", ["me/traces", "traces", "My-data_1.0", "a" * 96])
def test_the_hubs_names_are_taken(name: str) -> None:
    check_repo(name)


@pytest.mark.parametrize(
    "name", ["my traces!!/x y", "a/b/c", "-a", "a--b", "a..b", "a.git", "a" * 97, "", "datasets/me/a"]
)
def test_other_names_are_refused_with_the_rule(name: str) -> None:
    with pytest.raises(HubError, match=r"is no name on the Hub \(.+\)\. Write NAME or OWNER/NAME\."):
        check_repo(name)


@pytest.mark.parametrize("name", REFS)
def test_tags_and_branches_are_called_what_git_lets_them_be(name: str) -> None:
    is_fit = (
        subprocess.run(["git", "check-ref-format", "--branch", name], capture_output=True, check=False).returncode == 0
    )
    for check in (check_tag, check_branch):
        if is_fit:
            check(name)
        else:
            with pytest.raises(HubError, match="is no name of a"):
                check(name)


def test_a_commit_is_no_branch() -> None:
    with pytest.raises(HubError, match="is a commit; a push goes to a branch"):
        check_branch("0123456789" * 4)
