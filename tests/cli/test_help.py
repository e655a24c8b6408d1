"""The command line's surface, word by word. `python -m tests.cli.test_help` writes the snapshot anew."""

from pathlib import Path

from typer.testing import CliRunner

from distill.cli import app

SNAPSHOT = Path(__file__).parents[1] / "data" / "help.txt"


def help_text() -> str:
    """`--help` of distill and of each command, as an 80-column terminal shows it."""
    names = [command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands]
    pages = [[], *([name] for name in names)]
    runner = CliRunner()
    return "\n".join(
        runner.invoke(app, [*page, "--help"], prog_name="distill", terminal_width=80).output for page in pages
    )


def test_the_help_is_as_the_snapshot_has_it() -> None:
    assert help_text() == SNAPSHOT.read_text()


if __name__ == "__main__":
    SNAPSHOT.parent.mkdir(exist_ok=True)
    SNAPSHOT.write_text(help_text())
