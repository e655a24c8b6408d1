"""What a repository on the Hub is and holds now."""

from typing import TYPE_CHECKING, NamedTuple

from distill.errors import HubError
from distill.hub.client import HubRefusalError, ask
from distill.hub.marker import CARD, MARKER, FileStamp, Marker, read_marker
from distill.hub.names import RepoKind

if TYPE_CHECKING:
    from huggingface_hub import HfApi

LIBRARY = "distill"


class Access(NamedTuple):
    """Who may read a repository."""

    is_private: bool
    gated: str | None
    """`auto` or `manual`: readers ask first, and who answers."""

    def __str__(self) -> str:
        """As a sentence says it: `public, gated (auto)`."""
        return ("private" if self.is_private else "public") + (f", gated ({self.gated})" if self.gated else "")


class RemoteFile(NamedTuple):
    """A file as the Hub lists it."""

    size: int
    blob_id: str
    """Git's name; of a file in large file storage, that of its pointer."""
    sha256: str | None
    """None outside of large file storage."""

    def is_(self, stamp: FileStamp | None) -> bool:
        """Whether it has this content."""
        if stamp is None:
            return False
        return stamp.sha256 == self.sha256 if self.sha256 else stamp.blob_id == self.blob_id


class RepoVersion(NamedTuple):
    """A commit of a repository, and who asks for it."""

    api: "HfApi"
    repo: str
    kind: RepoKind
    commit: str


class Remote(NamedTuple):
    """A repository at a commit."""

    repo: str
    access: Access | None
    """None where there is no repository yet."""
    head: str | None
    """The commit that the next one must follow."""
    has_branch: bool
    """False where the branch has yet to be made, from `main`, which is what the files are those of."""
    files: dict[str, RemoteFile]
    marker: Marker | None
    card: str | None
    tags: dict[str, str]


def whole_name(api: "HfApi", repo: str) -> str:
    """OWNER/NAME; a bare NAME is that of the token's owner."""
    if "/" in repo:
        return repo
    return f"{ask(api.whoami, repo)['name']}/{repo}"


def look(api: "HfApi", repo: str, kind: RepoKind, revision: str) -> Remote:
    """Ask what is there. A repository that was renamed is found under its new name."""
    try:
        about = ask(lambda: api.repo_info(repo, repo_type=kind, revision=None), repo)
    except HubRefusalError as refusal:
        if refusal.status == 404 and refusal.code in ("RepoNotFound", ""):
            return Remote(repo, None, None, revision == "main", {}, None, None, {})
        raise
    repo = about.id
    refs = ask(
        lambda: api.list_repo_refs(repo, repo_type=kind, include_pull_requests=revision.startswith("refs/")), repo
    )
    branches = {ref.name: ref.target_commit for ref in refs.branches}
    branches |= {ref.ref: ref.target_commit for ref in refs.pull_requests or ()}
    head = branches.get(revision) or branches.get("main") or about.sha
    version = RepoVersion(api, repo, kind, head or "main")
    files = files_of(version)
    access = Access(bool(about.private), str(about.gated) if about.gated else None)
    tags = {ref.name: ref.target_commit for ref in refs.tags}
    marker, card = (read_file(version, name) if name in files else None for name in (MARKER, CARD))
    found = read_marker(marker, repo) if marker is not None else None
    found = found if found is not None and found.kind == kind else None
    return Remote(repo, access, head, revision in branches, files, found, _text(card, repo), tags)


def _text(card: bytes | None, repo: str) -> str | None:
    try:
        return None if card is None else card.decode("utf-8")
    except UnicodeDecodeError:
        raise HubError(f"{CARD} of {repo} is not in UTF-8. Save it in UTF-8 on the Hub, then push again.") from None


def files_of(version: RepoVersion) -> dict[str, RemoteFile]:
    """All files of a commit."""
    from huggingface_hub import RepoFile

    api, repo, kind, commit = version
    tree = ask(lambda: list(api.list_repo_tree(repo, recursive=True, revision=commit, repo_type=kind)), repo)
    return {
        file.path: RemoteFile(file.size, file.blob_id, file.lfs.sha256 if file.lfs is not None else None)
        for file in tree
        if isinstance(file, RepoFile)
    }


def read_file(version: RepoVersion, name: str) -> bytes:
    """A small file's content."""
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status  # type: ignore[attr-defined]

    def fetch() -> bytes:
        api, repo, kind, commit = version
        url = hf_hub_url(repo, name, repo_type=kind, revision=commit, endpoint=api.endpoint)
        reply = get_session().get(url, headers=build_hf_headers(library_name=LIBRARY), follow_redirects=True)
        hf_raise_for_status(reply)
        content: bytes = reply.content
        return content

    return ask(fetch, version.repo)
