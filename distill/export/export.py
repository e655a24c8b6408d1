"""dataset ─▶ the files that another trainer reads, with its configuration beside them.

Rows are streamed once. What a tool cannot take is set aside with its reason. The folder is written beside its place and
takes it when it is whole, so an attempt that was killed leaves nothing but work to redo.
"""

import hashlib
import shutil
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import distill
from distill import progress
from distill.errors import InputError, RecipeError
from distill.export.axolotl import Axolotl
from distill.export.folder import FACTS, README, SET_ASIDE, check_ours
from distill.export.llama_factory import LlamaFactory
from distill.export.openai import OpenAI
from distill.export.readme import readme
from distill.export.row_lengths import RowLengths
from distill.export.rows import Placed, Unfit, count, read, split_files
from distill.export.sharegpt import ShareGpt
from distill.export.tool import DataPart, ExportFacts, Tool
from distill.export.verl import Verl
from distill.export.writers import JsonLines, RowWriter, writer
from distill.files import replace_folder

TOOLS: dict[str, Tool] = {tool.name: tool for tool in (Axolotl(), LlamaFactory(), Verl(), OpenAI(), ShareGpt())}


def tool_of(name: str) -> Tool:
    """The tool of that name. Raises RecipeError where there is none."""
    if name not in TOOLS:
        raise RecipeError(f"There is no export to {name!r}; --to takes {', '.join(TOOLS)}.")
    return TOOLS[name]


def export(names: Sequence[str], tool: Tool, out: Path) -> ExportFacts:
    """Write the rows of datasets to `out` as `tool` reads them.

    Raises InputError where the datasets cannot be read, or hold nothing that the tool takes; RunError where `out` holds
    anything else than an earlier export, or texts of it that were edited.
    """
    check_ours(out)
    files = split_files(names)
    partial = out.with_name(out.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    total = count(files)
    with JsonLines(partial / SET_ASIDE) as aside, progress.stage("export", total) as tally, ExitStack() as opened:
        rows = _Rows(tool.parts(), partial, aside, opened)
        for placed in read(files):
            rows.add(placed)
            tally.add()
    facts = _facts(names, tool, rows, total)
    _refuse_nothing(facts, out, partial)
    _write_texts(tool, facts, out, partial)
    replace_folder(partial, out)
    return facts


class _Rows:
    """Gives each row to the files of all parts, and counts what became of it."""

    def __init__(self, parts: Sequence[DataPart], folder: Path, aside: JsonLines, opened: ExitStack) -> None:
        self._parts = parts
        self._folder = folder
        self._aside = aside
        self._opened = opened
        self._writers: dict[str, RowWriter] = {}
        self.lengths = RowLengths()
        self.num_rows: Counter[str] = Counter()
        self.set_aside: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, placed: Placed) -> None:
        """One row."""
        is_taken = False
        for part in self._parts:
            try:
                is_taken |= self._write(part, placed)
            except Unfit as reason:
                row_id = "" if isinstance(placed.row, Unfit) else placed.row.id
                self.set_aside[part.name][str(reason)] += 1
                self._aside.add({"where": placed.where, "id": row_id, "part": part.name, "reason": str(reason)})
        if is_taken and not isinstance(placed.row, Unfit):
            self.lengths.add(placed.row.size)

    def _write(self, part: DataPart, placed: Placed) -> bool:
        if isinstance(placed.row, Unfit):
            raise placed.row
        line = part.shape(placed.row)
        if line is None:
            return False
        file = part.file(placed.row.split)
        if file not in self._writers:
            self._writers[file] = self._opened.enter_context(writer(part, self._folder / file))
        self._writers[file].add(line)
        self.num_rows[file] += 1
        return True


def _facts(names: Sequence[str], tool: Tool, rows: _Rows, total: int) -> ExportFacts:
    return ExportFacts(
        tool=tool.name,
        dataset=tuple(names),
        distill=distill.__version__,
        rows=dict(rows.num_rows),
        num_read=total,
        set_aside={part: dict(reasons.most_common()) for part, reasons in rows.set_aside.items()},
        lengths=rows.lengths.facts(),
        texts={},
    )


def _refuse_nothing(facts: ExportFacts, out: Path, partial: Path) -> None:
    if facts.rows:
        return
    shutil.rmtree(partial)
    reasons = "; ".join(f"{number:,}: {why}" for each in facts.set_aside.values() for why, number in each.items())
    raise InputError(
        f"Nothing of {', '.join(facts.dataset)} can be exported to {facts.tool} ({reasons or 'it holds no rows'}), so "
        f"{out} was not written."
    )


def _write_texts(tool: Tool, facts: ExportFacts, out: Path, partial: Path) -> None:
    texts = tool.texts(facts, out) | {README: readme(facts, tool.how(facts, out))}
    for name, text in texts.items():
        (partial / name).write_text(text, encoding="utf-8")
        if name.endswith(".sh"):
            (partial / name).chmod(0o755)
    if not facts.set_aside:
        (partial / SET_ASIDE).unlink()
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    whole = facts.model_copy(update={"texts": digests})
    (partial / FACTS).write_text(whole.model_dump_json(indent=2) + "\n", encoding="utf-8")
