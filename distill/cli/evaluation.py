"""The command that scores models."""

from pathlib import Path
from typing import Annotated

import typer

from distill.cli.options import CheckOptions, JudgeEndpoint, JudgeModel, Restart, Workers


def evaluate(
    more: Annotated[list[str] | None, typer.Argument(metavar="[B]...", help="Further benchmarks.")] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="M", help="A folder, Hub id, GGUF, package:NAME, short name, or what an endpoint serves."),
    ] = None,
    benchmark: Annotated[
        list[str] | None,
        typer.Option(metavar="B", help="A preset, NAME=FILE for a local copy of its rows, or prompt rows; repeatable."),
    ] = None,
    endpoint: Annotated[str | None, typer.Option(metavar="URL", help="Where the model answers already.")] = None,
    engine: Annotated[str | None, typer.Option(help="vllm, llama.cpp or transformers.")] = None,
    samples: Annotated[int | None, typer.Option(min=1, help="Samples a prompt, for the preset's number.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many prompts.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Token limit of a sample.")] = None,
    temperature: Annotated[float | None, typer.Option(min=0.0)] = None,
    seed: Annotated[int | None, typer.Option(help="Sent with each request, so that engines repeat themselves.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Requests in flight at once.")] = 64,
    workers: Workers = 2,
    judge: JudgeModel = None,
    judge_endpoint: JudgeEndpoint = None,
    compare: Annotated[
        tuple[Path, Path] | None, typer.Option(metavar="A B", help="Instead: B against A, two evaluations, paired.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where evaluations are kept.")] = Path("runs/eval"),
    restart: Restart = None,
) -> None:
    """Score a model on benchmarks, every sample kept; or compare two evaluations."""
    from distill.errors import RecipeError
    from distill.evaluation import scoreboard as stage

    if compare is not None:
        typer.echo(stage.compared(*compare))
        return
    names = [*(benchmark or []), *(more or [])]
    if model is None or not names:
        raise RecipeError("Name what to score and on what: distill eval --model M --benchmark B; or use --compare A B.")
    wanted = stage.Wanted(
        samples=samples,
        limit=limit,
        max_tokens=max_tokens,
        temperature=temperature,
        seed=seed,
        concurrency=concurrency,
        restart=restart,
    )
    contestant = stage.Contestant(model, endpoint, engine)
    verify = CheckOptions(workers, judge=judge, judge_endpoint=judge_endpoint).section()
    typer.echo(stage.run_benchmarks(contestant, names, wanted, verify, out))
