"""The commands: each a short function that imports what it needs, so that `--help` answers at once."""

import errno
import sys
from collections.abc import Sequence

import typer

from distill.cli import dataset, evaluation, prompts, runs, sampling, shards, store, teacher, training, verifiers
from distill.cli.options import app
from distill.errors import DistillError

__all__ = [
    "app",
    "dataset",
    "evaluation",
    "main",
    "prompts",
    "runs",
    "sampling",
    "shards",
    "store",
    "teacher",
    "training",
    "verifiers",
]

USERS_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR})
"""What is wrong with a disk or a path, and not with us."""


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script: what a user can put right is one sentence and exit code 2."""
    try:
        app(None if arguments is None else list(arguments))
    except* DistillError as group:
        _refuse(str(_first(group)))
    except* OSError as group:
        error = _first(group)
        if not isinstance(error, OSError) or error.errno not in USERS_DISK:
            raise
        _refuse(f"{error.filename or 'The disk'} cannot be written: {error.strerror}. What was stored before is whole.")


def _refuse(sentence: str) -> None:
    typer.echo(f"distill: {sentence}", err=True)
    sys.exit(2)


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
