"""The commands that give verdicts."""

from pathlib import Path
from typing import Annotated

import typer

from distill.cli.options import CheckOptions, Restart, ShardOptions, restart_stage

SHARDS = ShardOptions(shard_rows=5000)
"""A verdict takes less time than a sample, so that a shard holds more of them."""


def verify(
    targets: Annotated[
        list[Path],
        typer.Argument(metavar="RUN|DATASET|FILE...", help="A run folder, a dataset's, or files of completion rows."),
    ],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where verdicts go, but a run's.")] = None,
    *,
    checks: CheckOptions,
    shards: ShardOptions = SHARDS,
    restart: Restart = None,
) -> None:
    """Give verdicts: to a run's samples, to completion rows, or again to a dataset's."""
    from distill.errors import InputError
    from distill.progress import say
    from distill.shards.stage import verify_in_shards
    from distill.store import RunFolder
    from distill.verifiers import verify as stage
    from distill.verifiers.readiness import check_verification

    settings, cut = checks.section(), shards.settings()
    check_verification(settings)
    files = [stage.rows_of(target) for target in targets]
    if len(targets) == 1 and files[0] is None:
        restart_stage(targets[0], restart)
        with RunFolder.open(RunFolder.at(targets[0]).path, say) as folder:
            if cut is not None:
                verify_in_shards(folder, settings, cut)
            else:
                stage.verify_run(folder, settings)
            counts = stage.count_outcomes(folder)
    elif None in files:
        raise InputError(f"{targets[files.index(None)]} is a run, which is verified alone: distill verify RUN.")
    elif out is None:
        raise InputError(f"{targets[0]} is verified into a file; name it with --out FILE.")
    else:
        counts = stage.verify_files([file for file in files if file is not None], out, settings)
    typer.echo(" · ".join(f"{outcome} {number:,}" for outcome, number in counts.items()))


def serve_verifier(
    *,
    host: Annotated[str, typer.Option(help="Where it listens; whoever reaches it may post.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: a free one.")] = 8017,
    max_request: Annotated[int, typer.Option(metavar="MB", min=1, help="What a request may hold.")] = 64,
    checks: CheckOptions,
) -> None:
    """Give verdicts over HTTP: POST /verify takes completion rows and answers as `verify FILE` does."""
    import asyncio

    from distill.progress import say
    from distill.verifiers.service import serve

    def ready(address: str) -> None:
        typer.echo(address)
        say(f"POST completion rows to {address}/verify; Ctrl-C stops it.")

    asyncio.run(serve(checks.section(), host, port, max_request * 2**20, ready))
