"""Precompiled headers: made once a machine and compiler, in the sandbox, and kept in the user's cache folder."""

import fcntl
import hashlib
import os
import subprocess
from contextlib import suppress
from pathlib import Path

from distill.sandbox.cell.cell import Cell, CellWork
from distill.sandbox.languages.language import Language
from distill.sandbox.limits import Ending
from distill.sandbox.supervisor.building import build_job, build_limits

_HEADER_MB = 512


def header_folder(language: Language) -> str | None:
    """The folder to include from, with the language's header compiled; None where it has none or it cannot be made."""
    if not language.header or language.missing_tools():
        return None
    folder = _cache() / f"{language.name}-{_fingerprint(language)}"
    target = folder / f"{language.header}.gch"
    with suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not target.exists():
                _compile(language, target)
        return str(folder) if target.exists() else None
    return None


def _compile(language: Language, target: Path) -> None:
    header = language._replace(
        build=(*_without_output(language.build), "-x", "c++-header", "-o", "header.gch", "header.h"),
        artifact="header.gch",
        file="header.h",
    )
    cell = Cell(language.folders())
    source = f"#include <{language.header}>\n"
    run = cell.run(CellWork("build", build_job(header, source, None), build_limits(header, _HEADER_MB)))
    cell.remove()
    if run.ending is Ending.EXITED and run.status == 0:
        made = target.with_suffix(f".{os.getpid()}")
        made.write_bytes(run.result)
        made.replace(target)


def _without_output(build: tuple[str, ...]) -> tuple[str, ...]:
    return build[: build.index("-o")]


def _fingerprint(language: Language) -> str:
    """Differs with the compiler, and with every option of the command."""
    version = subprocess.run([language.tools[0], "--version"], capture_output=True, check=False).stdout
    return hashlib.sha256(version + repr(language.build).encode()).hexdigest()[:16]


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "distill"
