"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

if TYPE_CHECKING:
    from distill.recipe.sections import JudgeSection, VerifySection
    from distill.shards.stage import ShardSettings

Overrides = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Settings that replace the recipe's.")
]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]
Restart = Annotated[
    str | None, typer.Option(metavar="STAGE", help="Move what this stage and later ones made aside, and make it anew.")
]
Redraw = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KIND",
        help="Draw again what was refused, or what damaged shards have lost: refused, damaged; repeatable.",
    ),
]
JudgeModel = Annotated[
    str | None, typer.Option(metavar="NAME", help="A language model that decides where rules cannot.")
]
JudgeEndpoint = Annotated[
    list[str] | None,
    typer.Option(
        metavar="URL",
        help="Base URL of the judge; repeatable. Its key is read from DISTILL_JUDGE_API_KEY, else OPENAI_API_KEY.",
    ),
]
Scratch = Annotated[
    Path | None, typer.Option(metavar="DIR", help="On a worker's own disk, for a store that is no path.")
]
Sandbox = Annotated[str, typer.Option(help="Where programs run: namespaces, wasi, sandboxfusion:URL or piston:URL.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes that check answers.")]


class CheckOptions(NamedTuple):
    """How samples are checked."""

    workers: Workers = 2
    time_limit: Annotated[float, typer.Option(metavar="SECONDS", help="Of CPU time, for comparing one answer.")] = 1.0
    tolerance: Annotated[
        str, typer.Option(metavar="POLICY", help="exact, or reference-digits: what rounds to the reference is right.")
    ] = "exact"
    sandbox: Sandbox = "namespaces"
    all_tests: Annotated[bool, typer.Option("--all-tests", help="Go on after a program's first failure.")] = False
    judge: JudgeModel = None
    judge_endpoint: JudgeEndpoint = None
    judge_template: Annotated[
        str | None, typer.Option(metavar="NAME", help="How prompts without a reference are judged.")
    ] = None
    judge_key_env: Annotated[
        list[str] | None, typer.Option(metavar="[HOST=]NAME", help="Another variable for the judge's key; repeatable.")
    ] = None
    votes: Annotated[int, typer.Option(min=1, help="Votes of the judge; more than half must agree.")] = 1
    audit: Annotated[
        float, typer.Option(metavar="SHARE", help="Share of prompts on which the judge is asked beside the rule.")
    ] = 0.0

    def section(self) -> "VerifySection":
        """What a recipe would say under `verify`. Raises RecipeError for values that it refuses."""
        from distill.recipe.loading import parse_section
        from distill.recipe.sections import VerifySection

        judge = judge_section(
            self.judge, self.judge_endpoint, self.judge_template, self.votes, self.audit, self.judge_key_env
        )
        given = {
            "workers": self.workers,
            "time_limit_s": self.time_limit,
            "tolerance": self.tolerance,
            "sandbox": self.sandbox,
            "all_tests": self.all_tests,
            "judge": judge,
        }
        return parse_section(VerifySection, given, ())


class ShardOptions(NamedTuple):
    """Whether a stage is done in shards, where they lie, and who does them."""

    ray: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Have shards run by a Ray cluster: auto, or HOST:6379.")
    ] = None
    store: Annotated[
        str | None, typer.Option(metavar="PATH|URL", help="Work in shards kept there; default RUN/shards with --ray.")
    ] = None
    shard_rows: Annotated[int, typer.Option(min=1, help="Prompts, or samples to verify, of a shard.")] = 2000
    cut: Annotated[
        bool, typer.Option("--cut", help="Cut shards for `distill work` elsewhere, and gather those that are finished.")
    ] = False
    scratch: Scratch = None

    def settings(self, num_gpus: int = 0, *, is_needed: bool = False) -> "ShardSettings | None":
        """As the stages take them; None: not in shards, unless it `is_needed`.

        `num_gpus` are those of a worker that starts its own engine.
        """
        from distill.shards.stage import ShardSettings

        if not (self.ray or self.store or self.cut or is_needed):
            return None
        return ShardSettings(
            ray=self.ray,
            store=self.store,
            shard_rows=self.shard_rows,
            is_cut_only=self.cut,
            scratch=self.scratch,
            num_gpus=num_gpus,
        )


def judge_section(
    model: str | None,
    endpoints: list[str] | None,
    template: str | None = None,
    votes: int = 1,
    audit: float = 0.0,
    key_env: list[str] | None = None,
) -> "JudgeSection | None":
    """The judge that the options ask for; None without one."""
    from distill.errors import RecipeError
    from distill.recipe.loading import parse_section
    from distill.recipe.sections import JudgeSection
    from distill.records import Sampling

    if (model is None) != (not endpoints):
        raise RecipeError("A judge needs both its model and its place: --judge NAME --judge-endpoint URL.")
    if model is None or not endpoints:
        return None
    given: dict[str, object] = {
        "endpoints": tuple(endpoints),
        "key_env": tuple(key_env or ()),
        "model": model,
        "without_reference": template or "general",
        "votes": votes,
        "audit_share": audit,
        "sampling": Sampling(temperature=0.6 if votes > 1 else 0.0, top_p=1.0, max_tokens=2048),
    }
    return parse_section(JudgeSection, given, ())


def restart_stage(folder: Path, stage: str | None) -> None:
    """Move aside what a stage and later ones made, where `--restart` says so."""
    from distill.store.folder import restart_run

    if stage is not None:
        restart_run(folder, stage)
