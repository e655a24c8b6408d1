"""Sends the files of a plan, in one commit, and counts the bytes that pass."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from distill.hub.client import ask
from distill.hub.names import RepoKind
from distill.hub.plan import PushPlan
from distill.hub.progress import Transfer, size_text, transfer
from distill.progress import say

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi


def commit(api: "HfApi", plan: PushPlan, kind: RepoKind, revision: str, message: str) -> str:
    """Make the commit of a plan; returns its name.

    Raises HubRefusalError; its status is 409 or 412 where the branch has moved on since the plan was made. What
    reached the Hub before an error is known there by its content, and is not sent again.
    """
    repo, head = plan.remote.repo, plan.remote.head
    with transfer("push", plan.num_bytes) as moving, _reported(moving):

        def send() -> str:
            return api.create_commit(
                repo,
                _operations(plan, moving),
                commit_message=message,
                repo_type=kind,
                revision=revision,
                parent_commit=head,
            ).oid

        made = ask(send, repo)
        moving.reach(plan.num_bytes)
    say(f"push: {size_text(plan.num_bytes)} sent in {moving.seconds:.1f} s, in one commit, {made[:8]}.")
    return made


def _operations(plan: PushPlan, moving: Transfer) -> "list[CommitOperationAdd | CommitOperationDelete]":
    """New ones for every attempt, since the client writes into them."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    class CountedAdd(CommitOperationAdd):
        """A file whose bytes are counted as the client reads them to send them."""

        @contextmanager
        def as_file(self, with_tqdm: bool = False) -> Iterator[BinaryIO]:
            with super().as_file() as file:
                yield cast("BinaryIO", CountedFile(file, self.path_in_repo, moving)) if with_tqdm else file

    found: list[CommitOperationAdd | CommitOperationDelete] = []
    for name, file in sorted(plan.sends.items()):
        add = CountedAdd(name, file.content)
        add.upload_info.sha256 = bytes.fromhex(file.stamp.sha256)
        found.append(add)
    return [*found, *(CommitOperationDelete(name) for name in plan.deletes)]


class ByteTotals(Protocol):
    """What hf_xet reports of an upload, as far as it is used here."""

    total_bytes_completed: int


class CountedFile(io.RawIOBase):
    """A file that tells a transfer how far it was read."""

    def __init__(self, file: BinaryIO, name: str, moving: Transfer) -> None:
        super().__init__()
        self._file, self._name, self._moving = file, name, moving

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        found = self._file.read(size)
        self._moving.place(self._name, self._file.tell())
        return found

    def __iter__(self) -> Iterator[bytes]:
        """In pieces, not in lines."""
        while piece := self.read(1 << 18):
            yield piece

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Where an attempt begins anew."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """How far it was read."""
        return self._file.tell()

    def seekable(self) -> bool:
        """It is."""
        return True

    def readable(self) -> bool:
        """It is."""
        return True


@contextmanager
def _reported(moving: Transfer) -> Iterator[None]:
    """Have the client's own bars say to us what they would draw.

    Its uploads through hf_xet tell a class of its own, which no option replaces; where a version has none of that name,
    bytes are counted at the end. The bars of its other uploads are switched off, since our files count themselves.
    """
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars  # type: ignore[attr-defined]
    from huggingface_hub.utils._runtime import is_xet_available

    class Reporter:
        """What hf_xet's uploads call."""

        def update_progress(self, group: ByteTotals, _: object = None) -> None:
            """So many bytes have been cut, found known, or sent."""
            moving.reach(group.total_bytes_completed)

        def close(self) -> None:
            """There is nothing to close."""

    if is_xet_available():
        from huggingface_hub.utils import _xet_progress_reporting as reporting

        theirs = reporting.XetUploadProgressReporter
        reporting.XetUploadProgressReporter = Reporter  # type: ignore[assignment,misc]
        try:
            yield
        finally:
            reporting.XetUploadProgressReporter = theirs  # type: ignore[misc]
    elif are_progress_bars_disabled():
        yield
    else:
        disable_progress_bars()
        try:
            yield
        finally:
            enable_progress_bars()
