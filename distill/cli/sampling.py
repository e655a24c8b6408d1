"""Commands that sample a teacher, or tell from a pilot what that will take."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from distill.cli.options import CheckOptions, Overrides, Restart, ShardOptions, restart_stage

if TYPE_CHECKING:
    from distill.recipe.sections import GenerateSection, TeacherSection


class TeacherOptions(NamedTuple):
    """Which teacher is asked, and where it answers."""

    model: Annotated[str, typer.Option(metavar="NAME", help="The name the endpoint knows the teacher by.")]
    endpoint: Annotated[
        list[str] | None, typer.Option(metavar="URL", help="Base URL of the teacher, http://host:8000/v1; repeatable.")
    ] = None
    endpoints: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|URL",
            help="Further URLs, which may change while sampling: a file with one a line, or a Ray Serve application, "
            "serve://HEAD:8265/NAME.",
        ),
    ] = None

    def section(self, on: str | None) -> "tuple[TeacherSection, int]":
        """The teacher, and the GPUs that a worker needs to start it itself, where `on` names hardware."""
        from distill.errors import TeacherError
        from distill.recipe.loading import parse_section
        from distill.recipe.sections import TeacherSection
        from distill.teacher.catalogue import node_local

        if not self.endpoint and self.endpoints is None and on is None:
            raise TeacherError(
                "No endpoint is named; add --endpoint URL, or --endpoints FILE with a URL a line, or "
                "serve://HEAD:8265/NAME."
            )
        given = {"model": self.model, "endpoints": self.endpoint or (), "endpoints_from": self.endpoints}
        named = parse_section(TeacherSection, given, ())
        return (named, 0) if on is None else node_local(self.model, on)


class SamplingOptions(NamedTuple):
    """How the teacher is sampled."""

    policy: Annotated[str, typer.Option(help="fixed(n), at_least(k, max_n), shortest_of(n) or budget(tokens).")] = (
        "fixed(1)"
    )
    concurrency: Annotated[int, typer.Option(min=1, help="Requests in flight at once.")] = 256
    temperature: Annotated[float, typer.Option(min=0.0)] = 0.6
    top_p: Annotated[float, typer.Option()] = 0.95
    max_tokens: Annotated[int, typer.Option(min=1, help="Token limit of a sample.")] = 32768
    idle_timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="Silence after which a connection counts as lost.")
    ] = 1800.0
    batch: Annotated[
        bool, typer.Option("--batch", help="Draw by the provider's batches: cheaper, answered within a day.")
    ] = False

    def section(self) -> "GenerateSection":
        """What a recipe would say under `generate`. Raises RecipeError for values that it refuses."""
        from distill.recipe.loading import parse_section
        from distill.recipe.sections import GenerateSection

        given = {
            "policy": self.policy,
            "sampling": {"temperature": self.temperature, "top_p": self.top_p, "max_tokens": self.max_tokens},
            "concurrency": self.concurrency,
            "idle_timeout_s": self.idle_timeout,
            "batch": self.batch,
        }
        return parse_section(GenerateSection, given, ())


def generate(
    prompts: Annotated[Path, typer.Argument(metavar="PROMPTS", help="Prompt rows: JSONL, Parquet or CSV.")],
    run: Annotated[Path, typer.Option(metavar="DIR", help="The run folder, new or to be resumed.")],
    teacher: TeacherOptions,
    sampling: SamplingOptions,
    checks: CheckOptions,
    *,
    slice_: Annotated[
        str | None, typer.Option("--slice", metavar="3/16", help="Take a stable share of the prompts.")
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="8xH200", help="Each worker starts the known teacher --model on this.")
    ] = None,
    shards: ShardOptions,
    restart: Restart = None,
) -> None:
    """Sample a teacher and verify as samples come; every sample is on disk before it counts as done."""
    from distill.progress import say
    from distill.sampling import generate as stage
    from distill.sampling.prompts import Slice, import_prompts
    from distill.shards.stage import generate_in_shards
    from distill.store import RunFolder

    asked, num_gpus = teacher.section(on)
    share = None if slice_ is None else Slice.parse(slice_)
    settings, verify = sampling.section(), checks.section()
    cut = shards.settings(num_gpus, is_needed=on is not None)
    restart_stage(run, restart)
    with RunFolder.open(run, say) as folder:
        import_prompts(folder, prompts, share)
        if cut is not None:
            generate_in_shards(folder, asked, settings, verify, cut)
        else:
            stage.generate(folder, asked, settings, None, verify)


def estimate(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe's file or name.")],
    overrides: Overrides = None,
    pilot: Annotated[int, typer.Option(min=2, help="Prompts to sample; their samples stay in the run.")] = 200,
) -> None:
    """Sample a pilot; print tokens, hours, cost and kept traces of the whole run with their intervals.

    Of a pipeline, print what `distill run --dry-run` does: tokens, GPU-hours and cost of every stage, by arithmetic.
    """
    from rich.console import Console

    from distill.pipeline import view as chain_view
    from distill.pipeline.forecast import forecast
    from distill.recipe.stages import Pipeline, load_any
    from distill.sampling.estimate import estimate_from_pilot, estimate_table

    loaded = load_any(recipe, overrides or [])
    if isinstance(loaded, Pipeline):
        chain_view.print_forecast(forecast(loaded))
    else:
        Console(highlight=False).print(estimate_table(estimate_from_pilot(loaded, pilot)))
