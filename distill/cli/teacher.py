"""The command that serves a teacher."""

from pathlib import Path
from typing import Annotated

import typer

from distill.cli.options import Overrides


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
    from distill.recipe.loading import recipes_folder
    from distill.recipe.recipe import load_recipe
    from distill.teacher.engines.catalogue import section
    from distill.teacher.engines.engine import serve_until_signal

    if (recipes_folder() / "teachers" / f"{teacher}.yaml").is_file():
        chosen, log = section(teacher, on, node, head), Path("runs") / f"{teacher}.log"
    else:
        loaded = load_recipe(teacher, overrides or [])
        chosen, log = loaded.teacher, loaded.folder / "teacher.log"
    serve_until_signal(chosen, log, port, say)
