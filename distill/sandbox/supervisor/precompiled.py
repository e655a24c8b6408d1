"""Precompiled headers: made once a machine, compiler and standard, in the sandbox, kept in the user's cache folder."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from distill.sandbox.cell.cell import Cell, CellWork
from distill.sandbox.languages.language import Language
from distill.sandbox.limits import Ending
from distill.sandbox.supervisor.building import build_job, build_limits, cache_folder, toolchain_mark

_HEADER_MB = 512
_HEADER_S = 120.0


class Headers:
    """The header of a language, compiled by each standard when a program first asks for it."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self.folder = self._made() if language.header and not language.missing_tools() else None
        """Holds all of them, and is there before they are; None where there is no header, or no place to keep it."""
        self._of: dict[str, str | None] = {}

    def folder_for(self, source: str, standard: str) -> str | None:
        """The folder to include from; None where the source asks for no header, or it cannot be made."""
        if self.folder is None or self._language.header not in source:
            return None
        if standard not in self._of:
            self._of[standard] = self._compiled(Path(self.folder, standard), standard)
        return self._of[standard]

    def _made(self) -> str | None:
        folder = cache_folder() / f"{self._language.name}-{toolchain_mark(self._language)}"
        with suppress(OSError):  # a home that cannot be written to: programs are compiled without
            folder.mkdir(parents=True, exist_ok=True)
            return str(folder)
        return None

    def _compiled(self, folder: Path, standard: str) -> str | None:
        target = folder / f"{self._language.header}.gch"
        with suppress(OSError):
            target.parent.mkdir(parents=True, exist_ok=True)
            with (folder / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not target.exists():
                    _compile(self._language, standard, target)
            return str(folder) if target.exists() else None
        return None


def _compile(language: Language, standard: str, target: Path) -> None:
    header = language._replace(
        build=(*language.build[: language.build.index("-o")], "-x", "c++-header", "-o", "header.gch", "header.h"),
        artifact="header.gch",
        file="header.h",
        build_s=_HEADER_S,
    )
    cell = Cell(language.folders())
    job = build_job(header, f"#include <{language.header}>\n", standard)
    run = cell.run(CellWork("build", job, build_limits(header, _HEADER_MB)))
    cell.remove()
    if run.ending is Ending.EXITED and run.status == 0:
        made = target.with_suffix(f".{os.getpid()}")
        made.write_bytes(run.result)
        made.chmod(0o444)
        made.replace(target)
