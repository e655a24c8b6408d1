"""A path ─▶ the files of rows in it, and the bytes of each, decompressed.

rows.jsonl · rows.csv.gz · rows.zip      a file; of an archive, every member that holds rows
shards/                                  all files of rows below a folder, in the order of their names
'shards/*.parquet'                       those that a pattern names
"""

import bz2
import gzip
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from glob import glob, has_magic
from io import BufferedReader, FileIO
from itertools import compress
from pathlib import Path, PurePath
from tempfile import TemporaryFile
from typing import IO, NamedTuple

from distill.errors import InputError
from distill.progress import say

FORMATS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".arrow")
COMPRESSED = (".gz", ".zst", ".xz", ".bz2", ".zip")
FORMATS_SAID = (
    f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}, maybe with {', '.join(COMPRESSED[:-1])} or {COMPRESSED[-1]} behind it"
)
HEAD = 2**20
"""Bytes from which it is told how a file is written."""
_ABOUT = frozenset({
    "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "metadata.json", "config.json",
    "package.json",
})  # fmt: skip
"""Files that are about rows and hold none; `datasets` writes the first four."""
_OURS = (".manifest.json", ".dropped.jsonl")
"""How the files end that `distill prompts` leaves beside its rows."""
_DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError)


class DataFile(NamedTuple):
    """A file that holds rows, or a member of an archive."""

    path: Path
    format: str
    """One of `FORMATS`."""
    member: str | None = None
    """Its name in the archive `path`."""

    @property
    def name(self) -> str:
        """For messages: `rows.zip/train.csv`."""
        return str(self.path) if self.member is None else f"{self.path}/{self.member}"

    @contextmanager
    def open(self) -> Iterator[BufferedReader]:
        """The bytes, decompressed. Raises InputError, here and where they are read, for a file that is damaged."""
        with ExitStack() as opened:
            try:
                stream = opened.enter_context(self.path.open("rb"))
                if self.member is not None:
                    archive = opened.enter_context(zipfile.ZipFile(stream))
                    inside = archive.open(self.member)
                    assert isinstance(inside, zipfile.ZipExtFile)
                    stream = opened.enter_context(BufferedReader(inside, HEAD))
                yield opened.enter_context(_decompressed(stream))
            except _DAMAGED as error:
                why = str(error) or type(error).__name__
                raise InputError(f"{self.name} cannot be read ({why}); fetch or write it anew.") from None

    @contextmanager
    def open_seekable(self) -> Iterator[IO[bytes]]:
        """The same bytes where any of them can be gone to; those of a compressed file take room on the disk."""
        with self.open() as stream:
            if isinstance(stream.raw, FileIO):
                yield stream
            else:
                with TemporaryFile() as copy:
                    shutil.copyfileobj(stream, copy, HEAD)
                    copy.seek(0)
                    yield copy

    def head(self) -> bytes:
        """Its first bytes, at most `HEAD` of them."""
        with self.open() as stream:
            return stream.read(HEAD)


def data_files(path: Path) -> list[DataFile]:
    """The files of rows that a file, a folder or a pattern names; what is read of several is said once.

    Of a folder, all below it, in the order of their names. Left out are hidden files, files of other formats, those
    that are about rows, and, beside rows of other formats, files that hold a single object of JSON.
    Raises InputError where there is none, and for a file that is empty or of another format.
    """
    if path.is_file():
        return _in_file(path)
    if path.is_dir():
        return _chosen(path, sorted(item for item in path.rglob("*") if item.is_file() and not _is_hidden(item, path)))
    if has_magic(str(path)):
        found = sorted(glob(str(path), recursive=True))  # noqa: PTH207 - takes any pattern, absolute ones too
        return _chosen(path, [item for item in map(Path, found) if item.is_file()])
    raise InputError(f"There is no file {path}; check the path.")


def names_rows(name: str) -> bool:
    """Whether a name is one of rows on this machine: by its suffix, as a pattern, or since a folder is called so."""
    return _holds_rows(name) or has_magic(name) or Path(name).is_dir()


def plain_name(name: str) -> str:
    """What rows are called, without folder and suffixes.

    >>> plain_name("sets/gsm8k.jsonl.gz"), plain_name("sets/gpt-4.1"), plain_name("sets/*.csv")
    ('gsm8k', 'gpt-4.1', 'sets/*.csv')
    """
    path = PurePath(name)
    while path.suffix.lower() in (*FORMATS, *COMPRESSED):
        path = path.with_suffix("")
    return name if has_magic(name) else path.name


@cache
def say_once(sentence: str) -> None:
    """Tell the user something about a file, however often it is read."""
    say(sentence)


def _format(name: str) -> str | None:
    """The suffix that says how rows are written, in front of one that says how they are compressed."""
    path = PurePath(name.lower())
    while path.suffix in COMPRESSED:
        path = path.with_suffix("")
    return path.suffix if path.suffix in FORMATS else None


def _holds_rows(name: str) -> bool:
    return _format(name) is not None or name.lower().endswith(".zip")


def _in_file(path: Path) -> list[DataFile]:
    if not _holds_rows(path.name):
        raise InputError(f"{path} should end in {FORMATS_SAID}, so that its format is known.")
    with path.open("rb") as file:
        begin = file.read(64)
    if not begin:
        raise InputError(f"{path} is empty; it should hold one row a line.")
    if begin.startswith(b"version https://git-lfs"):
        raise InputError(f"{path} only points to a file of Git LFS; fetch that with: git lfs pull")
    if begin.lstrip().lower().startswith((b"<!doctype html", b"<html")):
        raise InputError(f"{path} is a web page, not a file of rows; download the file itself.")
    if path.suffix.lower() == ".zip" or begin.startswith(b"PK\x03\x04"):
        return _in_archive(path)
    return [DataFile(path, _format(path.name) or "")]


def _in_archive(path: Path) -> list[DataFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted((item for item in archive.infolist() if not item.is_dir()), key=lambda item: item.filename)
    except zipfile.BadZipFile as error:
        raise InputError(f"{path} is no readable archive ({error}); fetch or write it anew.") from None
    if any(item.flag_bits & 1 for item in members):
        raise InputError(f"{path} is locked with a password; unpack it and name the files.")
    names = [item.filename for item in members if item.file_size and not _is_hidden(PurePath(item.filename))]
    found = [DataFile(path, known, name) for name in names if (known := _format(name)) is not None]
    return _rows_alone(path, found, [name for name in names if _format(name) is None])


def _chosen(path: Path, files: Sequence[Path]) -> list[DataFile]:
    """The files that hold rows, of those in a folder or of a pattern."""
    is_taken = [_holds_rows(file.name) and file.stat().st_size > 0 for file in files]
    strange = [str(file) for file, is_one in zip(files, is_taken, strict=True) if not is_one]
    return _rows_alone(path, [found for file in compress(files, is_taken) for found in _in_file(file)], strange)


def _rows_alone(path: Path, files: Sequence[DataFile], strange: Sequence[str]) -> list[DataFile]:
    """Files without those that are about the others; says which are read. Raises InputError where none is."""
    has_others = any(file.format != ".json" for file in files)
    kept = [file for file in files if not _is_about(file, has_others)]
    left_out = [PurePath(name).name for name in (*(file.name for file in files if file not in kept), *strange)]
    if not kept:
        seen = _listed(", but", left_out)
        raise InputError(f"{path} holds no files of rows{seen}. Such files end in {FORMATS_SAID}.")
    if len(files) + len(strange) > 1:
        names = [file.name.removeprefix(f"{path}/") for file in kept]
        which = names[0] if len(names) == 1 else f"{len(names)} files, {names[0]} to {names[-1]}"
        say_once(f"{path}: read are {which}{_listed('; left out are', left_out)}.")
    return kept


def _listed(words: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{words} {', '.join(names[:5])}{more}" if names else ""


def _is_about(file: DataFile, has_others: bool) -> bool:
    name = PurePath(file.name).name.lower()
    if name in _ABOUT or name.endswith(_OURS):
        return True
    return has_others and file.format == ".json" and file.head().lstrip().startswith(b"{")


def _is_hidden(item: PurePath, folder: PurePath | None = None) -> bool:
    """As Spark and Arrow have it, `_SUCCESS` and `_temporary` are as hidden as `.cache`."""
    parts = item.relative_to(folder).parts if folder else item.parts
    return any(part.startswith((".", "_")) for part in parts)


def _decompressed(stream: BufferedReader) -> BufferedReader:
    """By its first bytes, since suffixes are forgotten and browsers unpack on their own."""
    begin = stream.peek(6)
    if begin.startswith(b"\x1f\x8b"):
        return BufferedReader(gzip.open(stream), HEAD)
    if begin.startswith(b"BZh"):
        return BufferedReader(bz2.open(stream), HEAD)
    if begin.startswith(b"\xfd7zXZ\0"):
        return BufferedReader(lzma.open(stream), HEAD)
    if begin.startswith(b"\x28\xb5\x2f\xfd"):
        import pyarrow as pa

        return BufferedReader(pa.CompressedInputStream(stream, "zstd"), HEAD)
    return stream
