"""Commands about verdicts."""

from pathlib import Path
from typing import Annotated

import typer

from distill.cli.options import (
    Cut,
    JudgeEndpoint,
    JudgeModel,
    Ray,
    Restart,
    Sandbox,
    Scratch,
    ShardRows,
    Store,
    Workers,
    app,
    judge_section,
    restart_stage,
)


@app.command()
def verify(
    target: Annotated[Path, typer.Argument(metavar="RUN|FILE", help="A run folder, or a file of completion rows.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where a file's verdicts go.")] = None,
    workers: Workers = 2,
    time_limit: Annotated[float, typer.Option(metavar="SECONDS", help="For comparing one answer.")] = 1.0,
    sandbox: Sandbox = "namespaces",
    all_tests: Annotated[bool, typer.Option("--all-tests", help="Go on after a program's first failure.")] = False,
    judge: JudgeModel = None,
    judge_endpoint: JudgeEndpoint = None,
    judge_template: Annotated[
        str | None, typer.Option(metavar="NAME", help="How prompts without a reference are judged.")
    ] = None,
    votes: Annotated[int, typer.Option(min=1, help="Votes of the judge; more than half must agree.")] = 1,
    audit: Annotated[
        float, typer.Option(metavar="SHARE", help="Share of prompts on which the judge is asked beside the rule.")
    ] = 0.0,
    ray: Ray = None,
    store: Store = None,
    shard_rows: ShardRows = 5000,
    cut: Cut = False,
    scratch: Scratch = None,
    restart: Restart = None,
) -> None:
    """Give verdicts: to a run's samples, or to any file of completion rows."""
    from distill.errors import InputError
    from distill.progress import say
    from distill.recipe.sections import VerifySection
    from distill.shards.stage import Where, verify_in_shards
    from distill.store import RunFolder
    from distill.verifiers import verify as stage

    judged = judge_section(judge, judge_endpoint, judge_template, votes, audit)
    settings = VerifySection(
        workers=workers, time_limit_s=time_limit, sandbox=sandbox, all_tests=all_tests, judge=judged
    )
    where = Where(ray=ray, store=store, shard_rows=shard_rows, is_cut_only=cut, scratch=scratch)
    if target.is_dir():
        restart_stage(target, restart)
        with RunFolder.open(RunFolder.at(target).path, say) as folder:
            if where.is_meant:
                verify_in_shards(folder, settings, where)
            else:
                stage.verify_run(folder, settings)
            counts = stage.count_outcomes(folder)
    elif out is None:
        raise InputError(f"{target} is verified into a file; name it with --out FILE.")
    else:
        counts = stage.verify_file(target, out, settings)
    typer.echo(" · ".join(f"{outcome} {number:,}" for outcome, number in counts.items()))
