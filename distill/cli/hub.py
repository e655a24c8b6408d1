"""Commands that publish on the Hugging Face Hub, and bring back."""

from pathlib import Path
from typing import Annotated

import typer


def push(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A dataset or model folder.")],
    repo: Annotated[str, typer.Argument(metavar="REPO", help="NAME or OWNER/NAME on the Hub.")],
    public: Annotated[
        bool | None,
        typer.Option("--public/--private", help="Who may read a new one, private without; else what it must be."),
    ] = None,
    set_visibility: Annotated[
        bool, typer.Option("--set-visibility", help="Make one that is there --public or --private.")
    ] = False,
    revision: Annotated[str, typer.Option(metavar="BRANCH", help="The branch.")] = "main",
    tag: Annotated[str | None, typer.Option(help="Name this version.")] = None,
    no_prompts: Annotated[
        bool, typer.Option("--no-prompts", help="Leave out the prompts of its runs, provenance/*/prompts.")
    ] = False,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Take what is there as an earlier push, though no distill.json says so.")
    ] = False,
    replace_edits: Annotated[
        bool, typer.Option("--replace-edits", help="Replace sections and files of ours that were edited on the Hub.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check names, look at the Hub, say what would be sent; send nothing.")
    ] = False,
) -> None:
    """Publish a dataset or a model on the Hugging Face Hub; run it again to resume."""
    from distill.errors import RecipeError
    from distill.hub.plan import Choices
    from distill.hub.push import HubTarget
    from distill.hub.push import push as stage

    if set_visibility and public is None:
        raise RecipeError("--set-visibility needs to be told which: add --public or --private.")
    target = HubTarget(
        repo=repo,
        is_private=None if public is None else not public,
        may_change_access=set_visibility,
        revision=revision,
        tag=tag,
        has_prompts=not no_prompts,
        choices=Choices(is_adopting=adopt, is_ours_meant=replace_edits),
    )
    typer.echo(stage(path, target, is_dry=dry_run))


def pull(
    repo: Annotated[str, typer.Argument(metavar="REPO", help="NAME or OWNER/NAME on the Hub.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where it goes; a new or empty folder.")],
    revision: Annotated[
        str | None, typer.Option(metavar="REVISION", help="A branch, tag or commit; main without.")
    ] = None,
    model: Annotated[
        bool, typer.Option("--model", help="The model of that name; without, the dataset if any.")
    ] = False,
) -> None:
    """Bring back a dataset or model that distill pushed, checked file by file; run it again to resume."""
    from distill.hub.pull import pull as stage

    typer.echo(stage(repo, out, revision=revision, is_model=model))
