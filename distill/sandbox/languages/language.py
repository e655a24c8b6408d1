"""What a language must say about itself."""

import re
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from glob import glob
from pathlib import Path
from typing import NamedTuple

from distill.sandbox.cell.root import place


class EntryPoint(NamedTuple):
    """Where a program begins, in a language where its source says so."""

    file: str = "Main"
    """The name of the source file, without its suffix."""
    name: str = "Main"
    """What is run."""


class Language(NamedTuple):
    """How to compile and run programs of one language, and under which limits.

    Commands run inside the sandbox, in the scratch folder; their first word is one of `tools` or `{artifact}`.
    `{memory_mb}` stands for the limit of the program, `{standard}` for one of `standards`, `{file}` and `{entry}` for
    what `entry` finds in the source.
    """

    name: str
    labels: tuple[str, ...]
    """What its fenced blocks are called."""
    near: tuple[str, ...] = ()
    """What they are called else: such blocks count where there are none of its own."""
    begins: re.Pattern[str] = re.compile(r"\bmain\s*+\(")
    """A pattern of where a program begins, or of what only a whole one has."""
    head: re.Pattern[str] | None = None
    """A pattern of what stands at the head of every program; None where that may be nothing."""
    file: str = ""
    """The name that the source is saved under."""
    tools: tuple[str, ...] = ()
    """The executables that it needs."""
    prefix: tuple[str, ...] = ()
    """A command that prints the folder of the toolchain, where the executable on the PATH is only a proxy."""
    settings: str = ""
    """A pattern of folders, outside of its own, that the toolchain reads."""
    build: tuple[str, ...] = ()
    """Empty where there is nothing to compile."""
    standards: tuple[str, ...] = ("",)
    """Versions of the language. A program is compiled by the first of them that does not refuse it."""
    artifact: str = ""
    """What `build` makes."""
    run: tuple[str, ...] = ()
    """Empty for Python, which runs inside the zygote's fork."""
    header: str = ""
    """A C++ header to precompile once, as `<…>` names it."""
    entry: Callable[[str], EntryPoint] | None = None
    """Finds where a source begins."""
    caps_address_space: bool = True
    """False for runtimes that reserve far more than they use."""
    overhead_mb: int = 0
    """Memory that the runtime itself needs, on top of the program's."""
    beyond: re.Pattern[str] | None = None
    """A pattern of errors by which a compiler says that it is too old for a source, or lacks a library that is known
    everywhere; searched in what it said, with the source behind."""
    build_s: float = 30.0
    build_mb: int = 2048

    def missing_tools(self) -> list[str]:
        """Executables that are not installed."""
        return [tool for tool in self.tools if shutil.which(tool) is None]

    def paths(self) -> list[str]:
        """Its tools, wherever links lead."""
        return [self._path(tool) for tool in self.tools]

    def folders(self) -> list[str]:
        """Where its toolchain lies, to be shown inside the sandbox; of a home, no more than the tool."""
        found = {_shown(Path(path)) for path in self.paths()}
        return sorted(folder for folder in found if folder not in {"/usr", "/"}) + glob(self.settings)  # noqa: PTH207 - an absolute pattern

    def command(self, words: tuple[str, ...], source: str, memory_mb: int, standard: str = "") -> list[str]:
        """A command with its places filled in, and the executable's full path; `{artifact}` stays."""
        entry = self.entry(source) if self.entry else EntryPoint()
        places = {"memory_mb": str(memory_mb), "standard": standard, "file": entry.file, "entry": entry.name}
        filled = [_filled(word, places) for word in words]
        return [place(self._path(filled[0])) if filled[0] in self.tools else filled[0], *filled[1:]]

    def _path(self, tool: str) -> str:
        inside = Path(_output(self.prefix), "bin", tool) if self.prefix else None
        if inside and inside.exists():
            return str(inside)
        return str(Path(shutil.which(tool) or tool).resolve())


def _shown(tool: Path) -> str:
    folder = tool.parent.parent
    return str(tool if Path.home().is_relative_to(folder) and str(folder) != "/" else folder)


def _filled(word: str, places: dict[str, str]) -> str:
    for name, value in places.items():
        word = word.replace(f"{{{name}}}", value)
    return word


@cache
def _output(command: tuple[str, ...]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
