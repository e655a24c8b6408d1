"""Commands about models: serve, train, score."""

from pathlib import Path
from typing import Annotated

import typer

from distill.cli.options import (
    JudgeEndpoint,
    JudgeModel,
    Overrides,
    Restart,
    Sandbox,
    Workers,
    app,
    judge_section,
)


@app.command(name="eval")
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
    from distill import scoreboard as stage
    from distill.errors import RecipeError
    from distill.sections import VerifySection

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
    verify = VerifySection(workers=workers, judge=judge_section(judge, judge_endpoint, None, 1, 0.0))
    typer.echo(stage.run_benchmarks(contestant, names, wanted, verify, out))


@app.command()
def sft(
    recipe: Annotated[str, typer.Option(metavar="NAME", help="A student: qwen-7b, llama-70b, … or a YAML file.")],
    dataset: Annotated[
        list[Path] | None, typer.Option(metavar="PATH", help="What `distill select` wrote; repeatable.")
    ] = None,
    overrides: Overrides = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="The model; default students/NAME.")] = None,
    gpus: Annotated[int | None, typer.Option(min=1, help="Default: those of this machine.")] = None,
    gpu: Annotated[str, typer.Option(help="For the estimate: a100, h100, h200 or b200.")] = "h100",
    check: Annotated[bool, typer.Option("--check", help="Prepare and prove every row; train nothing.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show settings, memory and launch line.")] = False,
) -> None:
    """Train a student on a dataset; refuses layouts that cannot fit and rows that would teach the wrong thing."""
    from distill import sft as stage
    from distill import sft_view
    from distill.errors import InputError
    from distill.training.fit import gpu_named

    model, settings = out or Path("students") / Path(recipe).stem, overrides or []
    if dry_run:
        sft_view.print_plan(stage.plan(recipe, out=model, overrides=settings, num_gpus=gpus or 1, gpu=gpu_named(gpu)))
        return
    if not dataset:
        raise InputError("A training needs rows; name them with --dataset PATH, as `distill select` wrote them.")
    with sft_view.reporting() as report:
        if check:
            checked = stage.check(recipe, dataset, out=model, overrides=settings, num_gpus=gpus, report=report)
        else:
            result = stage.sft(recipe, dataset, out=model, overrides=settings, num_gpus=gpus, report=report)
    if check:
        sft_view.print_checked(checked)
    else:
        typer.echo(f"{result.num_rows:,} rows, {result.num_steps:,} steps, loss {result.last_loss:.3f}: {result.model}")


@app.command()
def grpo(
    recipe: Annotated[str, typer.Option(metavar="NAME", help="r1-zero, r1-stage1, modern, … or a YAML file.")],
    prompts: Annotated[Path | None, typer.Option(metavar="FILE", help="Prompt rows, with what checks them.")] = None,
    overrides: Overrides = None,
    student: Annotated[str | None, typer.Option(metavar="NAME", help="Which student; default: the recipe's.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="The model; default students/grpo-NAME.")] = None,
    gpus: Annotated[int | None, typer.Option(min=1, help="Default: those of this machine.")] = None,
    gpu: Annotated[str, typer.Option(help="For the estimate: a100, h100, h200 or b200.")] = "h100",
    workers: Workers = 2,
    sandbox: Sandbox = "namespaces",
    judge: JudgeModel = None,
    judge_endpoint: JudgeEndpoint = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show settings, memory and launch line.")] = False,
) -> None:
    """Train by reinforcement learning; the verifiers that check samples are its rewards."""
    from distill import grpo as stage
    from distill import sft_view
    from distill.errors import InputError
    from distill.sections import VerifySection
    from distill.training.fit import gpu_named
    from distill.training.grpo.card import curve_table
    from distill.training.grpo.recipe import load

    settings = [*([f"distill.student={student}"] if student else []), *(overrides or [])]
    model = out or Path("students") / f"grpo-{load(recipe, settings).name}"
    if dry_run:
        plan = stage.plan(recipe, out=model, overrides=settings, num_gpus=gpus or 1, gpu=gpu_named(gpu))
        sft_view.print_plan(plan)
        return
    if prompts is None:
        raise InputError("Reinforcement learning needs prompts; name them with --prompts FILE, prompt rows.")
    verify = VerifySection(workers=workers, sandbox=sandbox, judge=judge_section(judge, judge_endpoint, None, 1, 0.0))
    with sft_view.reporting("grpo") as report:
        result = stage.grpo(recipe, prompts, out=model, overrides=settings, num_gpus=gpus, verify=verify, report=report)
    typer.echo(curve_table(result))
    typer.echo(f"reward {result.first_reward:.3f} → {result.last_reward:.3f} in {result.num_steps:,} steps: {model}")


@app.command()
def serve(
    teacher: Annotated[str, typer.Argument(metavar="TEACHER", help="A known teacher, or a recipe whose to start.")],
    overrides: Overrides = None,
    port: Annotated[int, typer.Option(help="Where it answers.")] = 8000,
    on: Annotated[str | None, typer.Option(metavar="8xH200", help="The hardware, for a known teacher.")] = None,
    node: Annotated[int, typer.Option(min=0, help="The number of this node, where it takes several.")] = 0,
    head: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Of node 0.")] = None,
) -> None:
    """Start a teacher, restart it when it crashes, and stop it on Ctrl-C."""
    from distill.progress import say
    from distill.recipe import load_recipe, recipes_folder
    from distill.teacher.catalogue import section
    from distill.teacher.engine import serve_until_signal

    if (recipes_folder() / "teachers" / f"{teacher}.yaml").is_file():
        chosen, log = section(teacher, on, node, head), Path("runs") / f"{teacher}.log"
    else:
        loaded = load_recipe(teacher, overrides or [])
        chosen, log = loaded.teacher, loaded.folder / "teacher.log"
    serve_until_signal(chosen, log, port, say)
