"""Benchmarks: what is asked of a model, how often, with which settings. Where the problems are, a source says."""

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from pydantic import PositiveInt

from distill.errors import InputError
from distill.prompts.sources.preset import Preset, reach
from distill.prompts.sources.source import Source, parse_source
from distill.recipe.loading import digest, is_recipe, load_named
from distill.records import Message, Prompt, Sampling
from distill.references import Choice, Record
from distill.rows.files import names_rows, plain_name
from distill.rows.parse import LETTERS, Row, option_name, parse_prompt, right_option
from distill.rows.prompt_file import prompt_line, whole_file


class Results(Record):
    """Where the Hub collects scores of this benchmark."""

    dataset: str
    task: str


class Window(Record):
    """Rows of a span of time: from the first date, until before the second."""

    column: str
    dates: tuple[str, str]


class Benchmark(Record):
    """What is asked of a model, and how."""

    title: str
    source: str
    """Where the problems are, as `distill prompts` names it: `gsm8k@test`, `rows.jsonl`, `org/name`."""
    num_samples: PositiveInt
    """Samples a prompt."""
    sampling: Sampling
    wording: str | None = None
    """The user's turn, with {question} and {choices}; None: the prompt as it stands."""
    shuffle_seed: int | None = None
    """Shuffles the choices of each question; None: as published."""
    window: Window | None = None
    results: Results | None = None

    def prompt(self, row: Row, preset: Preset) -> Prompt | None:
        """The prompt that a row of the source makes; None for a row that is not asked. Raises InputError."""
        if preset.filtered(row) or not self._is_in_window(row):
            return None
        read = {name: value for name, value in preset.prompt_row(row).items() if value not in (None, "")}
        prompt = parse_prompt({"source": self.title, **read})
        if prompt.reference is None and preset.needs_reference:
            raise InputError(f"it has nothing to check an answer against; its columns are {', '.join(row)}")
        if isinstance(prompt.reference, Choice) and self.shuffle_seed is not None:
            place = right_option(read["answer"], prompt.reference.choices)
            if place is None:
                raise InputError(f"its answer {read['answer']!r:.80} is none of the choices")
            shuffled = _shuffled(prompt.reference.choices, place, f"{self.shuffle_seed}:{prompt.id}")
            prompt = prompt.model_copy(update={"reference": shuffled})
        return _worded(prompt, self.wording)

    def _is_in_window(self, row: Row) -> bool:
        if self.window is None:
            return True
        date = reach(row, self.window.column)
        if not isinstance(date, str):
            raise InputError(f"it has no date in {self.window.column}; its columns are {', '.join(row)}")
        first, end = self.window.dates
        return first <= date < end


def load_benchmark(name: str) -> Benchmark:
    """A benchmark by its name under `recipes/benchmarks/`, by its YAML file, or any file of prompt rows.

    With `NAME=FILE` its rows are read from a local copy. Prompt rows are sampled four times each with R1's settings,
    worded as they stand.
    """
    known, copy = _parts(name)
    if copy is None and not is_recipe(known, "benchmarks") and names_rows(name):
        return Benchmark(title=plain_name(name), source=name, num_samples=4, sampling=Sampling())
    benchmark = load_named(Benchmark, known, "benchmarks")
    return benchmark if copy is None else benchmark.model_copy(update={"source": f"{benchmark.source}={copy}"})


def short_name(name: str) -> str:
    """What the scores of a benchmark are called: `gsm8k`, also of `gsm8k=rows.parquet` and `mine/gsm8k.yaml`."""
    known = _parts(name)[0]
    return plain_name(known) if names_rows(known) else Path(known).stem


def write_prompts(benchmark: Benchmark, folder: Path, limit: int | None = None) -> Path:
    """Write the prompts of a benchmark to a file in `folder`, once: its name carries the settings.

    `limit` keeps the first so many. Raises InputError with the row that is no prompt, HubError where the Hub refuses.
    """
    source = parse_source(benchmark.source, {})
    settings = digest(*(each.model_dump(mode="json") for each in (benchmark, source.preset)), {"limit": limit})
    file = folder / f"{Path(benchmark.title).name.replace(' ', '-').lower()}-{settings}.jsonl"
    if source.file is not None or not file.exists():
        with whole_file(file) as lines:
            lines.writelines(map(prompt_line, islice(_prompts(benchmark, source), limit)))
            if not lines.tell():
                raise InputError(f"{benchmark.title} has no prompts; check its source {benchmark.source}.")
    return file


def _parts(name: str) -> tuple[str, str | None]:
    """`gsm8k=rows.parquet` ─▶ what is asked, and where its rows are; an `=` in a folder's name is none of these."""
    known, _, copy = name.partition("=")
    return (known, copy) if copy and "/" not in known and not Path(name).is_file() else (name, None)


def _prompts(benchmark: Benchmark, source: Source) -> Iterator[Prompt]:
    for row, where in source.rows(None, 0):
        try:
            if isinstance(row, InputError):
                raise row
            prompt = benchmark.prompt(row, source.preset)
        except InputError as error:
            raise InputError(f"{where}: {error}. The benchmark {benchmark.title} reads other columns.") from None
        if prompt is not None:
            yield prompt


def _shuffled(choices: Sequence[str], right: int, seed: str) -> Choice:
    """The same choices in an order that depends on the seed alone."""
    order = list(range(len(choices)))
    random.Random(seed).shuffle(order)
    return Choice(answer=option_name(order.index(right)), choices=tuple(choices[place] for place in order))


def _worded(prompt: Prompt, wording: str | None) -> Prompt:
    if wording is None:
        return prompt
    *before, last = prompt.messages
    options = prompt.reference.choices if isinstance(prompt.reference, Choice) else ()
    listed = "\n".join(f"{letter}) {option}" for letter, option in zip(LETTERS, options, strict=False))
    asked = wording.replace("{choices}", listed).replace("{question}", last.content.strip("\n"))
    return prompt.model_copy(update={"messages": (*before, Message(role=last.role, content=asked))})
