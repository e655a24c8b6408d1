"""A repository of the stand-in Hub: branches of commits, each a whole tree."""

import hashlib
from dataclasses import dataclass, field

LARGE = (".parquet", ".safetensors", ".arrow", ".png")
"""Files that the Hub keeps in large file storage."""


def blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class Repo:
    is_private: bool
    first: dict[str, bytes] = field(default_factory=dict)
    gated: str | bool = False
    trees: dict[str, dict[str, bytes]] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._add(self.first, "main")

    @property
    def files(self) -> dict[str, bytes]:
        """Those of `main`."""
        return self.trees[self.heads["main"]]

    def at(self, revision: str) -> dict[str, bytes] | None:
        """The files of a branch, tag or commit."""
        return self.trees.get(self.commit_of(revision) or "")

    def commit_of(self, revision: str) -> str | None:
        named = self.heads.get(revision) or self.tags.get(revision)
        return named or (revision if revision in self.trees else None)

    def commit(self, changes: dict[str, bytes | None], branch: str = "main") -> str:
        """What anybody may do with a push of their own, or on the Hub's pages; None deletes."""
        files = self.trees[self.heads[branch]] | changes
        return self._add({name: content for name, content in files.items() if content is not None}, branch)

    def _add(self, files: dict[str, bytes], branch: str) -> str:
        commit = hashlib.sha1(str(len(self.commits)).encode()).hexdigest()
        self.trees[commit] = files
        self.heads[branch] = commit
        self.commits.append(commit)
        return commit
