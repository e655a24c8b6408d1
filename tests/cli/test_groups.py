"""Options that stand in one named tuple are options of the command all the same."""

from typing import Annotated, NamedTuple

import typer
from typer.testing import CliRunner

from distill.cli.groups import with_groups


class Size(NamedTuple):
    width: Annotated[int, typer.Option(help="In metres.")]
    height: int = 2


FLAT = Size(width=1, height=0)


def said(command: object, *line: str) -> str:
    app = typer.Typer()
    assert callable(command)
    app.command()(with_groups(command))
    return CliRunner().invoke(app, line).output


def test_a_group_is_given_as_one_value() -> None:
    def show(size: Size, *, name: str = "box") -> None:
        typer.echo(f"{name} {size}")

    assert said(show, "--width", "3") == "box Size(width=3, height=2)\n"
    assert said(show, "--name", "tin", "--width", "3", "--height", "4") == "tin Size(width=3, height=4)\n"
    assert "In metres." in said(show, "--help")


def test_a_command_may_have_defaults_of_its_own() -> None:
    def show(*, size: Size = FLAT) -> None:
        typer.echo(size)

    assert said(show) == "Size(width=1, height=0)\n"
