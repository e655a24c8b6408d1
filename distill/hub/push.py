"""dataset or model ─▶ the Hugging Face Hub, in one commit. Pushed again, only what is missing there is sent.

Files that reached the Hub before a connection was lost are known there by their SHA-256, so a second attempt skips
them, and a commit of nothing new is not made. The token is taken from the Hub client's own places; it is never
printed or stored here.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from distill.errors import HubError, InputError
from distill.progress import say
from distill.references import Record

if TYPE_CHECKING:
    from huggingface_hub import HfApi

RepoKind = Literal["dataset", "model"]
Result = TypeVar("Result")

NUM_ATTEMPTS = 6
MAX_WAIT_S = 60.0
BUSY_STATUSES = {408, 425, 429, 500, 502, 503, 504}
"""HTTP statuses after which the same request may succeed."""
IGNORED_FILES = (".*", "**/.*", "*.tmp", "*.partial", "checkpoint-*/*", "runs/*")
"""What a folder holds besides the dataset or model."""
REPLACED_FILES: dict[RepoKind, list[str]] = {
    "dataset": ["data/*.parquet", "pictures/*"],
    "model": ["*.safetensors", "*.safetensors.index.json"],
}
"""Files of an earlier version that must not stay beside the new ones: shards are numbered anew."""
COMMON_FILES = {".gitattributes", "README.md"}


class HubTarget(Record):
    """The repository that a folder is pushed to, and who may read it."""

    repo: str
    is_private: bool = True
    revision: str = "main"
    tag: str | None = None


def push(path: Path, target: HubTarget, *, is_dry: bool = False) -> str:
    """Publish the folder; returns its address, or in a dry run what would be sent.

    Raises HubError where the token is missing or rejected, the name is taken, or the Hub stays out of reach;
    InputError where the folder is neither a dataset nor a model.
    """
    kind = kind_of(path)
    files = {str(file.relative_to(path)): file.stat().st_size for file in _pushed_files(path)}
    if is_dry:
        return _preview(kind, files, target)
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from huggingface_hub import HfApi, get_token

    if get_token() is None:
        raise HubError("There is no Hub token; log in with `hf auth login`, or set HF_TOKEN to a token that may write.")
    api = HfApi(library_name="distill")
    repo, url = _create(api, target, kind)
    _refuse_taken(api, repo, kind, set(files))
    if target.revision != "main":
        _ask(lambda: api.create_branch(repo, branch=target.revision, repo_type=kind, exist_ok=True), repo)
    commit = _ask(
        lambda: api.upload_folder(
            repo_id=repo,
            folder_path=path,
            repo_type=kind,
            revision=target.revision,
            commit_message=f"Upload {path.name} with distill",
            ignore_patterns=list(IGNORED_FILES),
            delete_patterns=REPLACED_FILES[kind],
        ),
        repo,
    )
    if target.tag is not None:
        _tag(api, repo, kind, target.tag, commit.oid)
    return url


def kind_of(path: Path) -> RepoKind:
    """What a folder holds: a model has `config.json`, a dataset `data/*.parquet`."""
    if (path / "config.json").is_file():
        return "model"
    if any(path.glob("data/*.parquet")):
        return "dataset"
    raise InputError(
        f"{path} is neither a dataset (data/*.parquet) nor a model (config.json). "
        "`distill select` writes the first, `distill sft` the second."
    )


def _preview(kind: RepoKind, files: dict[str, int], target: HubTarget) -> str:
    access = "private" if target.is_private else "public"
    lines = [f"  {name}  {size:,} bytes" for name, size in files.items()]
    head = f"Would push {len(files)} files, {sum(files.values()):,} bytes, to the {access} {kind} {target.repo}"
    tag = f", tagged {target.tag}" if target.tag else ""
    return "\n".join([f"{head}, revision {target.revision}{tag}, in one commit:", *lines])


def _pushed_files(path: Path) -> Iterator[Path]:
    from huggingface_hub.utils import filter_repo_objects  # type: ignore[attr-defined]

    found = sorted(file for file in path.rglob("*") if file.is_file())
    yield from filter_repo_objects(
        found, ignore_patterns=list(IGNORED_FILES), key=lambda file: str(file.relative_to(path))
    )


def _create(api: "HfApi", target: HubTarget, kind: RepoKind) -> tuple[str, str]:
    """Make the repository where there is none; returns its whole name and its address."""
    made = _ask(
        lambda: api.create_repo(target.repo, private=target.is_private, repo_type=kind, exist_ok=True), target.repo
    )
    return made.repo_id, str(made)


def _refuse_taken(api: "HfApi", repo: str, kind: RepoKind, files: set[str]) -> None:
    """Raises HubError where the repository holds none of our files but others: it is another project's."""
    there = set(_ask(lambda: api.list_repo_files(repo, repo_type=kind), repo)) - COMMON_FILES
    if there and not there & files:
        raise HubError(
            f"The name {repo} is taken: that {kind} holds {', '.join(sorted(there)[:3])}. Choose another name, or "
            "empty it on the Hub."
        )


def _tag(api: "HfApi", repo: str, kind: RepoKind, tag: str, commit: str) -> None:
    tags = {ref.name: ref.target_commit for ref in _ask(lambda: api.list_repo_refs(repo, repo_type=kind), repo).tags}
    if tags.get(tag, commit) != commit:
        raise HubError(
            f"{repo} has a tag {tag!r} already, on another version; the files are there. Choose another tag."
        )
    if tag not in tags:
        _ask(lambda: api.create_tag(repo, tag=tag, repo_type=kind, revision=commit, exist_ok=True), repo)


def _ask(request: Callable[[], Result], repo: str) -> Result:
    """Send a request to the Hub, again while it is busy or out of reach. Raises HubError where that does not help."""
    for attempt in range(NUM_ATTEMPTS):
        try:
            return request()
        except ValueError as error:
            raise HubError(f"The Hub refuses what {repo} should become: {_one_line(error)}") from None
        except (OSError, RuntimeError, _lost_connection()) as error:
            status, wait_s = _status_and_wait(error)
            if status is not None and status not in BUSY_STATUSES:
                raise HubError(_explanation(status, repo, error)) from None
            if attempt == NUM_ATTEMPTS - 1:
                raise HubError(_explanation(status, repo, error)) from None
            wait_s = min(MAX_WAIT_S, 2.0**attempt if wait_s is None else wait_s)
            say(f"The Hub {'cannot be reached' if status is None else f'answered {status}'}; again in {wait_s:g} s.")
            time.sleep(wait_s)
    raise AssertionError("the last attempt returns or raises")


def _lost_connection() -> type[Exception]:
    from httpx2 import TransportError

    return TransportError


def _status_and_wait(error: BaseException) -> tuple[int | None, float | None]:
    """The HTTP status behind an error, None where the Hub did not answer, and the seconds it asks us to wait."""
    found: BaseException | None = error
    while found is not None:
        response = getattr(found, "response", None)
        if response is not None:
            wait = response.headers.get("Retry-After", "")
            return int(response.status_code), float(wait) if wait.isdecimal() else None
        found = found.__cause__
    if isinstance(error, RuntimeError) and error.__cause__ is None:
        raise error
    return None, None


def _explanation(status: int | None, repo: str, error: BaseException) -> str:
    if status is None:
        return f"The Hub cannot be reached ({type(error).__name__}); what was sent is kept. Push again to resume."
    if status in BUSY_STATUSES:
        return f"The Hub still answers {status} after {NUM_ATTEMPTS} attempts; what was sent is kept. Push again later."
    sentences = {
        401: "The Hub rejected the token; log in again with `hf auth login`, or renew HF_TOKEN.",
        403: f"The token may not write to {repo}; the name may be another owner's. Use a token with write access.",
        404: f"The Hub knows no {repo}, or the token may not see it; check the owner's name.",
        409: f"The name {repo} is taken on the Hub by something else; choose another.",
    }
    return sentences.get(status, f"The Hub refused {repo} with status {status}: {_one_line(error)}")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
