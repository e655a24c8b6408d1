"""A folder that several machines share: a path on a common file system, or `s3://`, `gs://`, `hf://` through fsspec.

A file appears whole or not at all: on a path by renaming, on an object store because a put is whole. An uploaded file
is compared with what was sent, by its size and, where the store's tag is an MD5, by that. A request that fails is
repeated for about a minute; then the command ends with a sentence, and can be run again.
"""

import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, TypeVar

from distill.errors import MissingExtraError, RunError
from distill.files import settle

PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
EXTRAS = {"s3": "pip install 'distill[s3]'", "gs": "pip install 'distill[gcs]'", "gcs": "pip install 'distill[gcs]'"}
_MD5 = re.compile(r'"?([0-9a-f]{32})"?')
Result = TypeVar("Result")


class Storage:
    """Files below one URL or path, by their relative names."""

    def __init__(self, url: str) -> None:
        """Raises MissingExtraError where no package for this kind of URL is installed."""
        import fsspec

        self.local = Path(url).absolute() if "://" not in url else None
        """The folder of the files on this machine; None where they have to be fetched."""
        self.url = str(self.local) if self.local else url.rstrip("/")
        try:
            self._fs, self._root = fsspec.url_to_fs(self.url, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            protocol = url.partition("://")[0]
            advice = EXTRAS.get(protocol, "name a path, or an s3://, gs:// or hf:// URL")
            raise MissingExtraError(f"{url} cannot be used ({error}): {advice}.") from None

    def under(self, name: str) -> "Storage":
        """A storage that begins at a folder of this one."""
        return Storage(f"{self.url}/{name}")

    def names(self, folder: str) -> list[str]:
        """Names of the files anywhere below a folder (`""`: all), relative to it, sorted; none where it is missing."""
        return [name for name in self.sizes(folder) if not name.endswith(".tmp")]

    def sizes(self, folder: str) -> dict[str, int]:
        """The same files with their sizes in bytes, those included that are being written."""
        base = f"{self._root}/{folder}".rstrip("/")
        found = self._find(base)
        return {str(path)[len(base) + 1 :]: int(str(about["size"])) for path, about in sorted(found.items())}

    def read(self, name: str) -> bytes | None:
        """The content of a small file; None where there is none."""
        try:
            return self._patiently(f"read {name}", lambda: bytes(self._fs.cat_file(f"{self._root}/{name}")))
        except FileNotFoundError:
            return None

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading at any position; a remote one is read in ranges."""
        file: BinaryIO = self._patiently(f"open {name}", lambda: self._fs.open(f"{self._root}/{name}", "rb"))
        return file

    def write(self, name: str, text: str) -> None:
        """Write a small file whole."""
        if self.local:
            target = self._place(name)
            partial = target.with_name(f"{target.name}.{os.getpid()}.tmp")
            partial.write_text(text, encoding="utf-8")
            settle(partial, target)
            return
        self._patiently(f"write {name}", lambda: self._fs.pipe_file(f"{self._root}/{name}", text.encode()))

    def put(self, file: Path, name: str) -> None:
        """Copy a finished file there, and check that it arrived whole."""
        if self.local:
            target = self._place(name)
            partial = target.with_name(f"{target.name}.{os.getpid()}.tmp")
            link_or_copy(file, partial)
            settle(partial, target)
            return
        self._patiently(f"write {name}", lambda: self._put(file, name))

    def put_missing(self, files: Sequence[Path], folder: str) -> None:
        """Copy finished files into a folder, except those that it has with as many bytes."""
        there = self.sizes(folder)
        for file in files:
            if there.get(file.name) != file.stat().st_size:
                self.put(file, f"{folder}/{file.name}")

    def get(self, name: str, file: Path) -> None:
        """Fetch a file, or link to it where it is on this machine."""
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f"{file.name}.{os.getpid()}.tmp")
        if self.local:
            partial.unlink(missing_ok=True)
            link_or_copy(self.local / name, partial)
        else:
            self._patiently(f"read {name}", lambda: self._fs.get_file(f"{self._root}/{name}", str(partial)))
        settle(partial, file)

    def remove_file(self, name: str) -> None:
        """Delete one file."""
        if self.local:
            (self.local / name).unlink()
            return
        self._patiently(f"remove {name}", lambda: self._fs.rm_file(f"{self._root}/{name}"))

    def remove(self, folder: str) -> None:
        """Delete a folder and all in it, if it is there."""
        if self.local:
            shutil.rmtree(self.local / folder, ignore_errors=True)
            return
        base = f"{self._root}/{folder}"
        if self._find(base):
            self._patiently(f"remove {folder}", lambda: self._fs.rm(base, recursive=True))

    def _find(self, base: str) -> dict[str, dict[str, object]]:
        """What the store knows of every file below a path. Raises RunError where the bucket does not exist."""
        try:
            found: dict[str, dict[str, object]] = self._patiently(
                f"list {base}", lambda: self._fs.find(base, detail=True)
            )
        except FileNotFoundError as error:
            raise RunError(f"{self.url}: could not list {base}: {error}. Create it, or correct the URL.") from None
        return found

    def _place(self, name: str) -> Path:
        assert self.local is not None
        target = self.local / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _put(self, file: Path, name: str) -> None:
        path = f"{self._root}/{name}"
        size = file.stat().st_size  # a journal may grow while it is sent
        self._fs.put_file(str(file), path)
        about = self._fs.info(path)
        if int(about["size"]) < size:
            raise OSError(f"{path} holds {about['size']} bytes of {size}")
        tag = _MD5.fullmatch(str(about.get("ETag", "")))
        if tag and file.suffix == ".parquet" and tag[1] != _md5(file):
            raise OSError(f"{path} holds other bytes than were sent")

    def _patiently(self, what: str, action: Callable[[], Result]) -> Result:
        """Repeat a failing request to a remote store, unless the file is not there or access is denied."""
        for pause in (*PAUSES_S, None):
            self._fs.invalidate_cache()  # that of `hf://` holds listings, and others write there meanwhile
            try:
                return action()
            except FileNotFoundError:
                raise
            except Exception as error:
                if self.local is not None:
                    raise
                if pause is None or isinstance(error, PermissionError):
                    raise RunError(f"{self.url}: could not {what}: {error}. Mend that and run the command again; "
                                   "what was finished is kept.") from error  # fmt: skip
                time.sleep(pause)
        raise AssertionError("the last round returns or raises")


def link_or_copy(source: Path, target: Path) -> None:
    """Give a finished file a second name, or copy it where the file system has no hard links."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        with target.open("rb") as file:
            os.fsync(file.fileno())


def _md5(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
