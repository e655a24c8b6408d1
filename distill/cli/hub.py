"""Commands that publish on the Hugging Face Hub, and bring back."""

from pathlib import Path
from typing import Annotated

import typer


def push(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A dataset or model folder.")],
    repo: Annotated[str, typer.Argument(metavar="REPO", help="NAME or OWNER/NAME on the Hub.")],
    public: Annotated[bool, typer.Option("--public", help="Anyone may read it; private without.")] = False,
    revision: Annotated[str, typer.Option(help="The branch.")] = "main",
    tag: Annotated[str | None, typer.Option(help="Name this version.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
) -> None:
    """Publish a dataset or a model on the Hugging Face Hub; run it again to resume."""
    from distill.hub.push import HubTarget
    from distill.hub.push import push as stage

    typer.echo(stage(path, HubTarget(repo=repo, is_private=not public, revision=revision, tag=tag), is_dry=dry_run))
