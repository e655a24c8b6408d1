"""Compile a program inside the sandbox: the limits, the job, and how the end is read."""

import marshal

from distill.sandbox.cell.root import place
from distill.sandbox.languages.language import Language
from distill.sandbox.limits import Limits, Run
from distill.sandbox.supervisor.failure import Failure, why_ended

ENVIRONMENT = {"HOME": "/tmp", "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "GOCACHE": "/tmp/go"}  # noqa: S108


def build_limits(language: Language, artifact_mb: int) -> Limits:
    """Limits of a compilation."""
    return Limits(
        language.build_s, language.build_mb, output_mb=artifact_mb, scratch_mb=4 * artifact_mb, caps_address_space=False
    )


def build_job(language: Language, source: str, headers: str | None) -> bytes:
    """What `harness.build` needs to compile a source."""
    command = language.command(language.build, source, language.build_mb)
    job = {
        "command": [*command, "-I", place(headers)] if headers else command,
        "environment": ENVIRONMENT,
        "files": {language.command((language.file,), source, 0)[0]: source.encode(errors="replace")},
        "artifact": language.artifact,
    }
    return marshal.dumps(job)


def why_not_built(run: Run, limits: Limits) -> Failure | None:
    """Read the end of a compilation."""
    failure = why_ended(run, limits)
    if failure is None or failure.is_ours:
        return failure
    errors = [line for line in run.stderr.decode(errors="replace").split("\n") if "error" in line.lower()]
    detail = errors[0].strip()[:200] if errors else failure.reason.removeprefix("runtime error: ")
    return Failure(f"compile error: {detail}")
