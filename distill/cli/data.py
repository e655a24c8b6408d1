"""Commands from prompts to a published dataset."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from distill.cli.options import (
    Cut,
    EndpointsFrom,
    JudgeEndpoint,
    JudgeModel,
    Overrides,
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

if TYPE_CHECKING:
    from distill.sections import TeacherSection


@app.command()
def prompts(
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Presets, files, Hub datasets.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the prompts go: .jsonl or .parquet.")],
    decontaminate: Annotated[list[str] | None, typer.Option(metavar="FILE", help="A benchmark; repeatable.")] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", metavar="prompt=question", help="A column of the file; repeatable.")
    ] = None,
    size: Annotated[int | None, typer.Option(min=1, help="Rows to read, or to generate, of each source.")] = None,
    seed: Annotated[int, typer.Option(help="Of generated problems.")] = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that compare; default 2, with --ray every core.")
    ] = None,
    ray: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Compare on a Ray cluster: auto, or HOST:6379.")
    ] = None,
) -> None:
    """Import prompts: normalise, deduplicate, decontaminate."""
    from distill.funnel import Fate
    from distill.progress import console
    from distill.prompts import Order, import_prompts

    order = Order(
        sources=tuple(sources),
        columns=_pairs(columns or []),
        benchmarks=tuple(decontaminate or []),
        size=size,
        seed=seed,
        workers=workers,
        ray=ray,
    )
    funnel = import_prompts(order, out)
    console.print(funnel.table())
    typer.echo(f"{funnel.total(Fate.KEPT):,} of {funnel.total():,} prompts are in {out}")


@app.command()
def generate(
    prompts: Annotated[Path, typer.Argument(metavar="PROMPTS", help="Prompt rows: JSONL, Parquet or CSV.")],
    run: Annotated[Path, typer.Option(metavar="DIR", help="The run folder, new or to be resumed.")],
    model: Annotated[str, typer.Option(metavar="NAME", help="The name the endpoint knows the teacher by.")],
    endpoint: Annotated[
        list[str] | None, typer.Option(metavar="URL", help="Base URL of the teacher, http://host:8000/v1; repeatable.")
    ] = None,
    endpoints: EndpointsFrom = None,
    policy: Annotated[
        str, typer.Option(help="fixed(n), at_least(k, max_n), shortest_of(n) or budget(tokens).")
    ] = "fixed(1)",
    concurrency: Annotated[int, typer.Option(min=1, help="Requests in flight at once.")] = 256,
    temperature: Annotated[float, typer.Option(min=0.0)] = 0.6,
    top_p: Annotated[float, typer.Option()] = 0.95,
    max_tokens: Annotated[int, typer.Option(min=1, help="Token limit of a sample.")] = 32768,
    idle_timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="Silence after which a connection counts as lost.")
    ] = 1800.0,
    workers: Workers = 2,
    slice_: Annotated[
        str | None, typer.Option("--slice", metavar="3/16", help="Take a stable share of the prompts.")
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="8xH200", help="Each worker starts the known teacher --model on this.")
    ] = None,
    ray: Ray = None,
    store: Store = None,
    shard_rows: ShardRows = 2000,
    cut: Cut = False,
    scratch: Scratch = None,
    restart: Restart = None,
) -> None:
    """Sample a teacher and verify as samples come; every sample is on disk before it counts as done."""
    from distill import generate as stage
    from distill.progress import say
    from distill.records import Sampling
    from distill.sections import GenerateSection, VerifySection
    from distill.sharded import Where, generate_in_shards
    from distill.store import RunFolder

    teacher, num_gpus = _teacher(model, endpoint, endpoints, on)
    share = None if slice_ is None else stage.Slice.parse(slice_)
    sampling = Sampling(temperature=temperature, top_p=top_p, max_tokens=max_tokens)
    settings = GenerateSection(policy=policy, sampling=sampling, concurrency=concurrency, idle_timeout_s=idle_timeout)
    verify = VerifySection(workers=workers)
    where = Where(ray=ray, store=store, shard_rows=shard_rows, is_cut_only=cut, scratch=scratch, num_gpus=num_gpus)
    restart_stage(run, restart)
    with RunFolder.open(run, say) as folder:
        stage.import_prompts(folder, prompts, share)
        if where.is_meant or on is not None:
            generate_in_shards(folder, teacher, settings, verify, where)
        else:
            stage.generate(folder, teacher, settings, lambda: "", verify)


@app.command()
def estimate(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe's file or name.")],
    overrides: Overrides = None,
    pilot: Annotated[int, typer.Option(min=2, help="Prompts to sample; their samples stay in the run.")] = 200,
) -> None:
    """Sample a pilot; print tokens, hours, cost and kept traces of the whole run with their intervals.

    Of a pipeline, print what `distill run --dry-run` does: tokens, GPU-hours and cost of every stage, by arithmetic.
    """
    from rich.console import Console

    from distill import chain_view
    from distill.estimate import estimate as stage
    from distill.estimate import table
    from distill.forecast import forecast
    from distill.pipeline import Pipeline, load_any

    loaded = load_any(recipe, overrides or [])
    if isinstance(loaded, Pipeline):
        chain_view.print_forecast(forecast(loaded))
    else:
        Console(highlight=False).print(table(stage(loaded, pilot)))


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
    from distill import verify as stage
    from distill.errors import InputError
    from distill.progress import say
    from distill.sections import VerifySection
    from distill.sharded import Where, verify_in_shards
    from distill.store import RunFolder

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


@app.command()
def select(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run folders, composed into one dataset.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the dataset goes.")],
    rows: Annotated[int | None, typer.Option(min=1, help="Rows in all.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Draws the prompts of a quota.")] = 0,
    policy: Annotated[str, typer.Option(help="Which correct samples are preferred: shortest, all(4).")] = "shortest",
    mixture: Annotated[str | None, typer.Option(metavar="NAME|FILE", help="Quotas, such as r1-800k.")] = None,
    filters: Annotated[str | None, typer.Option(metavar="NAME,…", help="Text filters; 'none' for none.")] = None,
    held_out: Annotated[float, typer.Option(min=0, max=0.99, help="Share of prompts for the split `test`.")] = 0.0,
    allow_short: Annotated[
        bool, typer.Option("--allow-short", help="Write what there is where a quota lacks rows.")
    ] = False,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any other key of a recipe's `select`.")
    ] = None,
    ray: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Read texts on a Ray cluster: auto, or HOST:6379.")
    ] = None,
    store: Annotated[
        str | None, typer.Option(metavar="PATH|URL", help="With --ray: copies for nodes that do not see RUN.")
    ] = None,
) -> None:
    """Choose traces, compose the mixture, write dataset and card."""
    from contextlib import ExitStack

    from distill.dataset import here, on_ray
    from distill.dataset import select as stage
    from distill.errors import RecipeError
    from distill.progress import say
    from distill.recipe import parse_section
    from distill.sections import SelectSection
    from distill.store import RunFolder

    if store is not None and ray is None:
        raise RecipeError("--store keeps copies for a Ray cluster; name that too, with --ray ADDRESS.")
    given: dict[str, object] = {
        "rows": rows, "seed": seed, "policy": policy, "mixture": mixture, "held_out": held_out,
        "allow_short": allow_short,
    }  # fmt: skip
    if filters is not None:
        given["filters"] = [name for name in filters.split(",") if name != "none"]
    settings = parse_section(SelectSection, given, overrides or [])
    with ExitStack() as stack:
        folders = [stack.enter_context(RunFolder.open(RunFolder.at(run).path, say)) for run in runs]
        ask = here if ray is None else on_ray(ray, store)
        facts = stage(folders, out, settings, shlex.join(["distill", *sys.argv[1:]]), ask=ask)
    typer.echo(
        f"{facts.num_rows:,} rows of {facts.num_kept_prompts:,} of {facts.num_prompts:,} prompts; the dataset is {out}"
    )


@app.command()
def push(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A dataset or model folder.")],
    repo: Annotated[str, typer.Argument(metavar="REPO", help="NAME or OWNER/NAME on the Hub.")],
    public: Annotated[bool, typer.Option("--public", help="Anyone may read it; private without.")] = False,
    revision: Annotated[str, typer.Option(help="The branch.")] = "main",
    tag: Annotated[str | None, typer.Option(help="Name this version.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
) -> None:
    """Publish a dataset or a model on the Hugging Face Hub; run it again to resume."""
    from distill.push import Target
    from distill.push import push as stage

    typer.echo(stage(path, Target(repo=repo, is_private=not public, revision=revision, tag=tag), is_dry=dry_run))


def _teacher(model: str, urls: list[str] | None, roster: str | None, on: str | None) -> "tuple[TeacherSection, int]":
    """The teacher that the options name, and the GPUs that a worker needs to start it itself."""
    from distill.errors import TeacherError
    from distill.recipe import parse_section
    from distill.sections import TeacherSection
    from distill.teacher.catalogue import node_local

    if not urls and roster is None and on is None:
        raise TeacherError(
            "No endpoint is named; add --endpoint URL, or --endpoints FILE with a URL a line, or serve://HEAD:8265/NAME."
        )
    named = parse_section(TeacherSection, {"model": model, "endpoints": urls or (), "endpoints_from": roster}, ())
    return (named, 0) if on is None else node_local(model, on)


def _pairs(options: Sequence[str]) -> dict[str, str]:
    """`prompt=question` ─▶ `{"prompt": "question"}`."""
    from distill.errors import RecipeError

    for option in options:
        if not all(option.partition("=")):
            raise RecipeError(f"--map reads COLUMN=COLUMN, as prompt=question, but {option!r} was given.")
    return {column: source for column, _, source in (option.partition("=") for option in options)}
