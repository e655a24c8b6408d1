"""The application, and what several commands share."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from distill.recipe.sections import JudgeSection

app = typer.Typer(
    help="Sample a reasoning teacher, verify, select the shortest correct traces, train and score a student.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)

Overrides = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Settings that replace the recipe's.")
]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]
Restart = Annotated[
    str | None, typer.Option(metavar="STAGE", help="Move what this stage and later ones made aside, and make it anew.")
]
JudgeModel = Annotated[
    str | None, typer.Option(metavar="NAME", help="A language model that decides where rules cannot.")
]
JudgeEndpoint = Annotated[list[str] | None, typer.Option(metavar="URL", help="Base URL of the judge; repeatable.")]
EndpointsFrom = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|URL",
        help="Further URLs, which may change while sampling: a file with one a line, or a Ray Serve application, "
        "serve://HEAD:8265/NAME.",
    ),
]
Ray = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Have shards run by a Ray cluster: auto, or HOST:6379.")
]
Store = Annotated[
    str | None, typer.Option(metavar="PATH|URL", help="Work in shards kept there; default RUN/shards with --ray.")
]
ShardRows = Annotated[int, typer.Option(min=1, help="Prompts, or samples to verify, of a shard.")]
Cut = Annotated[
    bool, typer.Option("--cut", help="Cut shards for `distill work` elsewhere, and gather those that are finished.")
]
Scratch = Annotated[
    Path | None, typer.Option(metavar="DIR", help="On a worker's own disk, for a store that is no path.")
]
Sandbox = Annotated[str, typer.Option(help="Where programs run: namespaces, wasi, sandboxfusion:URL or piston:URL.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes that check answers.")]


def judge_section(
    model: str | None, endpoints: list[str] | None, template: str | None, votes: int, audit: float
) -> "JudgeSection | None":
    """The judge that the options ask for; None without one."""
    from distill.errors import RecipeError
    from distill.recipe.sections import JudgeSection
    from distill.records import Sampling

    if (model is None) != (not endpoints):
        raise RecipeError("A judge needs both its model and its place: --judge NAME --judge-endpoint URL.")
    if model is None or not endpoints:
        return None
    sampling = Sampling(temperature=0.6 if votes > 1 else 0.0, top_p=1.0, max_tokens=2048)
    return JudgeSection(
        endpoints=tuple(endpoints),
        model=model,
        without_reference=template or "general",
        votes=votes,
        audit_share=audit,
        sampling=sampling,
    )


def restart_stage(folder: Path, stage: str | None) -> None:
    """Move aside what a stage and later ones made, where `--restart` says so."""
    from distill.errors import RecipeError
    from distill.progress import say
    from distill.store import RunFolder
    from distill.store.folder import STAGES

    if stage is None:
        return
    if stage not in STAGES:
        raise RecipeError(f"There is no stage {stage!r} to restart; stages are {', '.join(STAGES)}.")
    with RunFolder.open(RunFolder.at(folder).path, say) as run:
        for moved in run.restart(stage):
            say(f"Moved what was made before to {moved}.")


def pairs(options: Sequence[str]) -> dict[str, str]:
    """`prompt=question` ─▶ `{"prompt": "question"}`."""
    from distill.errors import RecipeError

    for option in options:
        if not all(option.partition("=")):
            raise RecipeError(f"--map reads COLUMN=COLUMN, as prompt=question, but {option!r} was given.")
    return {column: source for column, _, source in (option.partition("=") for option in options)}
