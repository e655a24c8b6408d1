"""The commands: each a short function that imports what it needs, so that `--help` answers at once."""

import errno
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import typer

from distill import linux
from distill.cli import (
    audit,
    dataset,
    evaluation,
    export,
    hub,
    prompts,
    runs,
    sampling,
    shards,
    store,
    teacher,
    training,
    verifiers,
)
from distill.cli.groups import with_groups
from distill.errors import DistillError

app = typer.Typer(
    help="Sample a reasoning teacher, verify, select the shortest correct traces, train and score a student.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
COMMANDS: dict[str, Callable[..., None]] = {
    "prompts": prompts.prompts,
    "generate": sampling.generate,
    "estimate": sampling.estimate,
    "verify": verifiers.verify,
    "serve-verifier": verifiers.serve_verifier,
    "select": dataset.select,
    "diff": dataset.diff,
    "audit": audit.audit,
    "export": export.export,
    "push": hub.push,
    "pull": hub.pull,
    "eval": evaluation.evaluate,
    "sft": training.sft,
    "grpo": training.grpo,
    "serve": teacher.serve,
    "run": runs.run,
    "status": runs.status,
    "show": runs.show,
    "report": runs.report,
    "restore": store.restore,
    "merge": store.merge,
    "extend": store.extend,
    "work": shards.work,
}
"""In the order in which `--help` lists them."""
for _name, _command in COMMANDS.items():
    app.command(_name)(with_groups(_command))

USERS_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR})
"""What is wrong with a disk or a path, and not with us."""


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script: what a user can put right is one sentence and exit code 2.

    No process that it starts looks for modules in the folder it was called in, where a file `queue.py` is the user's;
    `python -m distill` in it says otherwise.
    """
    if str(Path.cwd()) not in sys.path:
        os.environ.setdefault("PYTHONSAFEPATH", "1")
    linux.give_memory_back()
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
