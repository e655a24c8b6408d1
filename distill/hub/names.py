"""Names that the Hub takes, checked here so that a misspelt one costs no upload."""

import re
from typing import Literal

from distill.errors import HubError

RepoKind = Literal["dataset", "model"]
MAX_REF = 255
_COMMIT = re.compile(r"[0-9a-f]{40}")
_UNFIT = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]")
"""Characters that no name of a branch or tag may hold (git-scm.com/docs/git-check-ref-format)."""


def check_repo(repo: str) -> None:
    """Raises HubError where no repository can be called so, by the rules of the Hub's own client."""
    from huggingface_hub.utils import HFValidationError, validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        rule = " ".join(str(error).split()).removesuffix(".")
        raise HubError(f"{repo!r} is no name on the Hub ({rule}). Write NAME or OWNER/NAME.") from None


def check_branch(name: str) -> None:
    """Raises HubError where no branch can be called so. A commit has no branch's name: nothing can follow it there."""
    if _COMMIT.fullmatch(name):
        raise HubError(f"{name} is a commit; a push goes to a branch. Name one with --revision.")
    _check_ref(name, "branch", "--revision")


def check_tag(name: str) -> None:
    """Raises HubError where no tag can be called so."""
    _check_ref(name, "tag", "--tag")


def _check_ref(name: str, what: str, option: str) -> None:
    """Git's rules for the names of references."""
    is_fit = (
        0 < len(name) <= MAX_REF
        and not _UNFIT.search(name)
        and not any(part in name for part in ("..", "@{", "//"))
        and not name.startswith(("/", "-"))
        and not name.endswith(("/", "."))
        and not any(part.startswith(".") or part.endswith(".lock") for part in name.split("/"))
        and name != "@"
    )
    if not is_fit:
        raise HubError(
            f"{name!r} is no name of a {what}: letters, digits, `-`, `_`, `.` and `/` are safe. Name another with "
            f"{option}."
        )
