"""The commands that give verdicts."""

from pathlib import Path
from typing import Annotated

import typer

from distill.cli.options import CheckOptions, Restart, ShardOptions, restart_stage

SHARDS = ShardOptions(shard_rows=5000)
"""A verdict takes less time than a sample, so that a shard holds more of them."""


def verify(
    target: Annotated[Path, typer.Argument(metavar="RUN|FILE", help="A run folder, or a file of completion rows.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where a file's verdicts go.")] = None,
    *,
    checks: CheckOptions,
    shards: ShardOptions = SHARDS,
    restart: Restart = None,
) -> None:
    """Give verdicts: to a run's samples, or to any file of completion rows."""
    from distill.errors import InputError
    from distill.progress import say
    from distill.shards.stage import verify_in_shards
    from distill.store import RunFolder
    from distill.verifiers import verify as stage
    from distill.verifiers.readiness import check_verification

    settings, cut = checks.section(), shards.settings()
    check_verification(settings)
    if target.is_dir():
        restart_stage(target, restart)
        with RunFolder.open(RunFolder.at(target).path, say) as folder:
            if cut is not None:
                verify_in_shards(folder, settings, cut)
            else:
                stage.verify_run(folder, settings)
            counts = stage.count_outcomes(folder)
    elif out is None:
        raise InputError(f"{target} is verified into a file; name it with --out FILE.")
    else:
        counts = stage.verify_file(target, out, settings)
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
