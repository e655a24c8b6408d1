"""Commands that make a dataset and publish it."""

from pathlib import Path
from typing import Annotated

import typer


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
    card: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Front matter and text of your own for the card, in Markdown.")
    ] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any other key of a recipe's `select`.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATASET", help="An earlier version; the card then tells what has changed.")
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

    from distill.dataset.left_out import left_out_lines, unverified_lines
    from distill.dataset.own_card import read_own_card
    from distill.dataset.readers import here, on_ray
    from distill.dataset.select import select as stage
    from distill.errors import RecipeError
    from distill.progress import say
    from distill.recipe.card_section import CardSection
    from distill.recipe.loading import parse_section
    from distill.recipe.sections import SelectSection
    from distill.store import RunFolder

    if store is not None and ray is None:
        raise RecipeError("--store keeps copies for a Ray cluster; name that too, with --ray ADDRESS.")
    given: dict[str, object] = {
        "rows": rows, "seed": seed, "policy": policy, "mixture": mixture, "held_out": held_out,
        "allow_short": allow_short, "since": since,
    }  # fmt: skip
    if filters is not None:
        given["filters"] = [name for name in filters.split(",") if name != "none"]
    settings = parse_section(SelectSection, given, overrides or [])
    own = read_own_card(CardSection(file=card))
    with ExitStack() as stack:
        folders = [stack.enter_context(RunFolder.open(RunFolder.at(run).path, say)) for run in runs]
        ask = here if ray is None else on_ray(ray, store)
        facts = stage(folders, out, settings, own, ask=ask)
    paths = list(map(str, runs))
    for line in (*left_out_lines(facts, paths), *unverified_lines(facts, paths)):
        say(line)
    typer.echo(
        f"{facts.num_rows:,} rows of {facts.num_kept_prompts:,} of {facts.num_prompts:,} prompts; the dataset is {out}"
    )


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A dataset (folder, file, Hub id) or a run folder.")],
    after: Annotated[str, typer.Argument(metavar="B", help="A later version of it.")],
    json: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write all of it as JSON; `-` prints that instead.")
    ] = None,
) -> None:
    """Compare two versions of a dataset, or two runs: rows, verdicts, lengths, pass rates, columns, settings."""
    from distill.dataset.changes import changes_text
    from distill.dataset.versions import diff as stage
    from distill.files import write_whole

    changes = stage(before, after)
    text = changes.model_dump_json(indent=2)
    if json == "-":
        typer.echo(text)
        return
    if json is not None:
        write_whole(Path(json), text + "\n")
    typer.echo(changes_text(changes))
