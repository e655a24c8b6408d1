"""The Hugging Face Hub ─▶ a dataset or model that distill pushed, as the folder it was.

Every file is what the marker says, or nothing is put in place. What arrived before a connection was lost, or the
process was killed, lies beside the place and is not fetched again. Files that a maintainer added on the Hub are left
there.
"""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from distill.errors import HubError, RunError
from distill.files import settle_folder
from distill.hub.client import HubRefusalError, ask
from distill.hub.marker import CARD, MARKER, FileStamp, Marker, read_marker
from distill.hub.names import RepoKind, check_repo
from distill.hub.progress import Transfer, size_text, transfer
from distill.hub.remote import LIBRARY, RemoteFile, RepoVersion, files_of, read_file, whole_name
from distill.progress import say

if TYPE_CHECKING:
    from huggingface_hub import HfApi

NUM_THREADS = 4


def pull(repo: str, out: Path, *, revision: str | None = None, is_model: bool = False) -> str:
    """Fetch a repository of ours into a new folder; returns a sentence of what it is.

    Raises HubError where it is not ours, or a file is not what was pushed; RunError where `out` holds something.
    """
    check_repo(repo)
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise RunError(f"{out} is there already; name a new or empty folder with --out.")
    from huggingface_hub import HfApi

    api = HfApi(library_name=LIBRARY)
    repo = whole_name(api, repo)
    version = _found(api, repo, revision, is_model=is_model)
    there = files_of(version)
    marker = _marker(version, there)
    wanted = _wanted(repo, marker, there)
    partial = out.with_name(f"{out.name}.partial")
    partial.mkdir(parents=True, exist_ok=True)
    with transfer("pull", sum(there[name].size for name in wanted)) as moving:
        _fetch(version, {name: there[name].size for name in wanted}, partial, moving)
    _check(repo, marker, partial, wanted)
    _clear(partial, wanted)
    _note_card(partial, marker)
    if out.is_dir():
        out.rmdir()
    settle_folder(partial, out)
    others = len(there.keys() - wanted - {".gitattributes", MARKER})
    left = f" {others} files that distill did not push were left there." if others else ""
    size = size_text(sum(there[name].size for name in wanted))
    what = f"{len(wanted)} files, {size}, of {version.repo} at {version.commit[:8]}"
    return f"{what}, as they were pushed; the {version.kind} is {out}.{left}"


def _found(api: "HfApi", repo: str, revision: str | None, *, is_model: bool) -> RepoVersion:
    """What of that name there is, and the commit."""
    kinds: tuple[RepoKind, ...] = ("model",) if is_model else ("dataset", "model")
    for kind in kinds:
        try:
            about = ask(lambda kind=kind: api.repo_info(repo, repo_type=kind, revision=revision), repo)  # type: ignore[misc]
        except HubRefusalError as refusal:
            if refusal.code == "RevisionNotFound":
                raise HubError(
                    f"{repo} has no branch, tag or commit {revision}; name another with --revision."
                ) from None
            if kind == kinds[-1] or refusal.status not in (401, 404):
                raise
        else:
            return RepoVersion(api, about.id, kind, str(about.sha))
    raise AssertionError("the last kind returns or raises")


def _marker(version: RepoVersion, there: dict[str, RemoteFile]) -> Marker:
    """Raises HubError where distill did not push it."""
    repo, kind = version.repo, version.kind
    found = read_marker(read_file(version, MARKER), repo) if MARKER in there else None
    if found is None or found.kind != kind:
        loads = (
            f'`datasets.load_dataset("{repo}")` reads it, and `distill audit {repo}` examines it'
            if kind == "dataset"
            else f'`transformers.AutoModelForCausalLM.from_pretrained("{repo}")` reads it'
        )
        raise HubError(f"{repo} has no {MARKER} of distill, so it cannot be checked file by file; {loads}.")
    return found


def _wanted(repo: str, marker: Marker, there: dict[str, RemoteFile]) -> set[str]:
    """The files to fetch. Raises HubError where one is gone or another: what needs no download to be seen."""
    for name in marker.files:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise HubError(
                f"{MARKER} of {repo} names a file outside of it, {name!r}; it is damaged, or no work of distill."
            )
    damaged = sorted(
        name for name, stamp in marker.files.items() if name != CARD and not (name in there and there[name].is_(stamp))
    )
    if damaged:
        raise HubError(_damage(repo, damaged))
    return {name for name in marker.files if name in there}


def _damage(repo: str, names: list[str]) -> str:
    return (
        f"{', '.join(names[:3])} of {repo} {'is' if len(names) == 1 else 'are'} not what was pushed: edited or deleted "
        f"there since. Pull an earlier commit with --revision, or read it as it is with "
        f'`datasets.load_dataset("{repo}")`.'
    )


def _fetch(version: RepoVersion, sizes: dict[str, int], folder: Path, moving: Transfer) -> None:
    """Download files, several at a time; what lies there in part is gone on with."""
    from huggingface_hub import hf_hub_download

    def fetch(name: str) -> None:
        ask(
            lambda: hf_hub_download(
                version.repo,
                name,
                repo_type=version.kind,
                revision=version.commit,
                local_dir=folder,
                library_name=LIBRARY,
                endpoint=version.api.endpoint,
                tqdm_class=_counting(name, moving),
            ),
            version.repo,
        )
        moving.place(name, sizes[name])

    with ThreadPoolExecutor(NUM_THREADS) as pool:
        for _ in pool.map(fetch, sorted(sizes)):
            pass


def _counting(name: str, moving: Transfer) -> type:
    """What the client takes for a bar: it tells the transfer how much of a file is there."""
    from huggingface_hub.utils import tqdm  # type: ignore[attr-defined]

    class CountingBar(tqdm):
        def __init__(self, *given: object, **more: object) -> None:
            super().__init__(*given, **more | {"disable": True})  # type: ignore[no-untyped-call]
            self.at = int(str(more.get("initial") or 0))

        def update(self, n: float | None = 1) -> bool | None:
            self.at += int(n or 0)
            moving.place(name, self.at)
            return None

        def update_transfer(self, n: float | None = 1) -> None:
            """Bytes on the wire, which are not those of the file."""

        def set_transfer_postfix_str(self, s: str = "", refresh: bool = True) -> None:
            """How fast they pass, which our own bar says of all files."""

    return CountingBar


def _check(repo: str, marker: Marker, folder: Path, names: set[str]) -> None:
    """Compare every file with the marker. A file that differs is removed, so that the next call fetches it anew."""
    files = sorted(names - {CARD})
    with transfer("check", sum(marker.files[name].size for name in files)) as moving:
        damaged = []
        for name in files:
            if FileStamp.of(folder / name).sha256 != marker.files[name].sha256:
                damaged.append(name)
                (folder / name).unlink()
            moving.add(marker.files[name].size)
    if damaged:
        raise HubError(
            f"{', '.join(damaged[:3])} of {repo} did not arrive as pushed, and will be fetched again. Run the same "
            "command again."
        )


def _clear(folder: Path, names: set[str]) -> None:
    """Leave only the files: no memory of the client's, nothing of an earlier attempt at another version."""
    shutil.rmtree(folder / ".cache", ignore_errors=True)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(folder).as_posix() not in names:
            path.unlink()


def _note_card(folder: Path, marker: Marker) -> None:
    """Keep the marker, with the card as it is now, so that a push can tell whether it was edited here."""
    card = folder / CARD
    files = dict(marker.files) | ({CARD: FileStamp.of(card)} if card.is_file() else {})
    (folder / MARKER).write_bytes(marker.model_copy(update={"files": files}).json_bytes())
    say("Every file is what its marker says.")
