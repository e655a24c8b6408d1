"""A dataset or model folder ─▶ the files of it that go to the Hub."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from distill.errors import InputError
from distill.hub.marker import CARD, MARKER, FileStamp, Marker, read_marker
from distill.hub.names import RepoKind
from distill.hub.progress import transfer
from distill.hub.sections import addressed

RESULTS = ".eval_results"
"""The one hidden folder that the Hub reads: scores, shown on a model's page and a benchmark's."""
IGNORED_FILES = ("*.tmp", "*.partial", "checkpoint-*/*", "runs/*", MARKER)
"""What a folder holds besides the dataset or model; the marker is made anew."""
PROMPTS = "provenance/*/prompts/*"


class LocalFile(NamedTuple):
    """A file to push: where its bytes are, and what they are."""

    content: Path | bytes
    stamp: FileStamp


class PushedFolder(NamedTuple):
    """What of a folder goes to the Hub, by its name there."""

    kind: RepoKind
    files: dict[str, LocalFile]
    """All but the card."""
    card: str | None
    marker: Marker | None
    """Of a folder that `distill pull` made: what it was then."""

    def addressed(self, repo: str) -> "PushedFolder":
        """The same with the repository's name in the card."""
        return self if self.card is None else self._replace(card=addressed(self.card, repo))


def kind_of(path: Path) -> RepoKind:
    """What a folder holds: a model has `config.json`, a dataset `data/*.parquet`. Raises InputError for others."""
    if not path.is_dir():
        raise InputError(f"There is no folder {path}. Name the folder of a dataset or of a model.")
    if (path / "config.json").is_file():
        return "model"
    if any(path.glob("data/*.parquet")):
        return "dataset"
    inside = [path / name for name in ("dataset", "student", "model") if _is_pushed(path / name)]
    if inside:
        places = " or ".join(f"`distill push {place} REPO`" for place in inside)
        raise InputError(f"{path} is the folder of a run; what it made is pushed by {places}.")
    raise InputError(
        f"{path} is neither a dataset (data/*.parquet) nor a model (config.json). "
        "`distill select` writes the first, `distill sft` the second."
    )


def _is_pushed(path: Path) -> bool:
    return (path / "config.json").is_file() or any(path.glob("data/*.parquet"))


def sizes_of(path: Path, *, has_prompts: bool = True) -> dict[str, int]:
    """The files that go to the Hub and their bytes, the card included; nothing is read."""
    found = sorted(file for file in path.rglob("*") if file.is_file())
    names = ((file.relative_to(path).as_posix(), file) for file in found)
    return {name: file.stat().st_size for name, file in names if _goes(name, has_prompts=has_prompts)}


def _goes(name: str, *, has_prompts: bool) -> bool:
    parts = name.split("/")
    is_hidden = any(part.startswith(".") for part in (parts[1:] if parts[0] == RESULTS else parts))
    ignored = IGNORED_FILES if has_prompts else (*IGNORED_FILES, PROMPTS)
    return not is_hidden and not any(fnmatchcase(name, pattern) for pattern in ignored)


def read_folder(path: Path, *, has_prompts: bool = True) -> PushedFolder:
    """The folder's files with their digests, which takes as long as reading them all once."""
    sizes = sizes_of(path, has_prompts=has_prompts)
    marker = path / MARKER
    has_card = sizes.pop(CARD, None) is not None
    return PushedFolder(
        kind_of(path),
        dict(_stamped(path, sizes)),
        read_card(path / CARD) if has_card else None,
        read_marker(marker.read_bytes(), str(path)) if marker.is_file() else None,
    )


def read_card(path: Path) -> str:
    """A card with the line breaks that it has. Raises InputError where it is no text in UTF-8."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not in UTF-8. Save it in UTF-8, then push again.") from None


def _stamped(path: Path, sizes: dict[str, int]) -> Iterator[tuple[str, LocalFile]]:
    with transfer("read", sum(sizes.values())) as reading:
        for name, size in sizes.items():
            yield name, LocalFile(path / name, FileStamp.of(path / name))
            reading.add(size)
