"""Samples a stand-in by the real `generate`, and tells what is on disk and what was said."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from distill.errors import DistillError
from distill.recipe.loading import parse_section
from distill.recipe.sections import GenerateSection, TeacherSection
from distill.rows.columns import Row
from distill.sampling import generate as stage
from distill.sampling.prompts import import_prompts
from distill.store import RunFolder
from tests.endpoint import Endpoint

NUM_PROMPTS = 6


class Attempt(NamedTuple):
    """What an attempt at sampling left."""

    run: RunFolder
    said: str
    """On stderr."""
    error: str | None
    """The sentence with which the command would exit with 2; None where it would exit with 0."""

    @property
    def rows(self) -> list[Row]:
        return sorted(self.run.samples.rows(), key=lambda row: (str(row["prompt_id"]), int(str(row["index"]))))

    @property
    def ends(self) -> Counter[object]:
        """How the stored samples ended."""
        return Counter(row["finish_reason"] for row in self.rows)

    @property
    def is_done(self) -> bool:
        """Whether the stage counts as done, so that nothing would be drawn again."""
        entry = self.run.manifest.stages.get("generate")
        return entry is not None and entry.is_done

    @property
    def row(self) -> Row:
        """The only sample."""
        (row,) = self.rows
        return row


def write_prompts(folder: Path, num_prompts: int = NUM_PROMPTS) -> Path:
    """`What is 0 + 1?` and so on, `q0` and so on."""
    rows = [{"id": f"q{i}", "prompt": f"What is {i} + 1?", "answer": str(i + 1)} for i in range(num_prompts)]
    file = folder / "prompts.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def draw(
    folder: Path,
    *endpoints: Endpoint | str,
    num_prompts: int = NUM_PROMPTS,
    teacher: dict[str, object] | None = None,
    **settings: object,
) -> Attempt:
    """Generate without verdicts; `teacher` and `settings` are what a recipe would say."""
    file = write_prompts(folder, num_prompts)
    urls = tuple(each if isinstance(each, str) else each.url for each in endpoints)
    section = parse_section(TeacherSection, {"model": "toy", "endpoints": urls} | (teacher or {}), ())
    given = {"concurrency": 8, "idle_timeout_s": 30.0} | settings
    with heard() as said, RunFolder.open(folder / "run", lambda _: None) as run:
        import_prompts(run, file)
        error = _error_of(run, section, parse_section(GenerateSection, given, ()))
    return Attempt(RunFolder.at(folder / "run"), said.getvalue(), error)


def _error_of(run: RunFolder, teacher: TeacherSection, settings: GenerateSection) -> str | None:
    caught: list[str] = []
    try:
        stage.generate(run, teacher, settings, None)
    except* DistillError as group:
        caught += [str(error) for error in _leaves(group)]
    return caught[0] if caught else None


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


@contextlib.contextmanager
def heard() -> Iterator[io.StringIO]:
    """What is said to the user meanwhile."""
    with contextlib.redirect_stderr(io.StringIO()) as said:
        yield said


def command(*arguments: object) -> list[str]:
    """A command line of ours."""
    return [sys.executable, "-m", "distill", *map(str, arguments)]


def generate_line(folder: Path, endpoint: Endpoint, *options: object) -> list[str]:
    """`distill generate` of the prompts in a folder."""
    place = ("--run", folder / "run", "--model", "toy", "--endpoint", endpoint.url, "--workers", 1)
    return command("generate", folder / "prompts.jsonl", *place, *options)


def shell(line: list[str], timeout_s: float = 120, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command as a user does, on a wide terminal."""
    variables = {name: value for name, value in os.environ.items() if "API_KEY" not in name}
    wide = {"COLUMNS": "200", **environment}
    return subprocess.run(line, capture_output=True, text=True, timeout=timeout_s, check=False, env=variables | wide)
