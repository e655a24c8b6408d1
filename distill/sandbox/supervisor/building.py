"""Compile a program inside the sandbox: the limits, the job, and how the end is read."""

import hashlib
import marshal
import os
from collections.abc import Mapping
from pathlib import Path

from distill.sandbox.cell.root import place
from distill.sandbox.clean import clean
from distill.sandbox.languages.language import Language
from distill.sandbox.limits import Ending, Limits, Run
from distill.sandbox.supervisor.failure import Failure, why_ended

ENVIRONMENT = {
    "HOME": "/tmp",  # noqa: S108 - of the sandbox
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "GOCACHE": "/tmp/go",  # noqa: S108
    "ONLINE_JUDGE": "1",
}
_SHOWN = 200
_EXPLODED = 0.5
"""The share of its time that a compiler computed for where the source is to blame for it, and not the machine."""


def build_limits(language: Language, artifact_mb: int) -> Limits:
    """Limits of a compilation."""
    return Limits(
        language.build_s, language.build_mb, output_mb=artifact_mb, scratch_mb=4 * artifact_mb, caps_address_space=False
    )


def build_job(
    language: Language, source: str, standard: str, headers: str | None = None, files: Mapping[str, str] | None = None
) -> bytes:
    """What `harness.build` needs to compile a source by a standard of its language; `files` lie beside it."""
    command = language.command(language.build, source, language.build_mb, standard)
    name = language.command((language.file,), source, 0)[0]
    texts = {**(files or {}), name: source}
    job = {
        "command": [*command, "-I", place(headers)] if headers else command,
        "environment": ENVIRONMENT,
        "files": {name: text.encode(errors="replace") for name, text in texts.items()},
        "artifact": language.artifact,
    }
    return marshal.dumps(job)


def was_kept_waiting(run: Run, limits: Limits) -> bool:
    """Whether a compiler ran out of time and had computed little: for a disk, or a source that has it read a pipe."""
    return run.ending is Ending.TIME and run.cpu_s < _EXPLODED * limits.wall_s


def why_not_built(run: Run, limits: Limits, language: Language, source: str) -> Failure | None:
    """Read the end of a compilation. A source that is beyond this compiler is our lack."""
    failure = why_ended(run, limits, is_python=False)
    if failure is None or failure.is_ours:
        return failure
    said = run.stderr.decode(errors="replace")
    errors = [line for line in said.split("\n") if "error" in line.lower()]
    detail = clean(errors[0].strip(), _SHOWN) if errors else failure.reason.removeprefix("runtime error: ")
    if language.beyond and language.beyond.search(f"{said}\n{source}"):
        return Failure(f"{language.name} here is too old for it, or lacks a library: {detail}", is_ours=True)
    return Failure(f"compile error: {detail}")


def toolchain_mark(language: Language) -> str:
    """Differs with the tools, the library that programs are linked with, and every option of the commands."""
    tools = [Path(tool) for tool in language.paths()]
    seen = [(str(tool), tool.stat().st_size, tool.stat().st_mtime_ns) for tool in tools if tool.exists()]
    about = (seen, os.confstr("CS_GNU_LIBC_VERSION"), os.uname().machine, language.build)
    return hashlib.sha256(repr(about).encode()).hexdigest()[:16]


def cache_folder() -> Path:
    """Where what was compiled is kept between commands."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "distill"
