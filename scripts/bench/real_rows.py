"""Rows of real files ─▶ text and answer, as the people who labelled the pairs read them.

A place is `OWNER/NAME/PATH#ROW`: the file at that path of a repository, and its row from 0 on: a line of JSON lines or
TSV, an element of a JSON array, a data row of a CSV.
"""

import csv
import gzip
import io
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from distill.prompts.final_answer import final_answer
from distill.prompts.overlap.options import split_options

LETTERS = "ABCDEFGHIJ"
TEXTS = ("problem", "question", "input", "prompt", "content", "Question", "text")
ANSWERS = ("answer", "target", "final_answer", "correct", "label", "Answer", "ans")
INSIDE = ("example", "data")
"""Where a JSON object keeps its rows."""

Fields = Mapping[str, object]


class RealRow(NamedTuple):
    """A problem as it stands in a file."""

    text: str
    answer: str
    """Of a choice the option's text."""


def row_at(folder: Path, place: str) -> RealRow:
    """The row at a place. Raises FileNotFoundError where the file is not there."""
    path, _, number = place.rpartition("#")
    row = _rows(folder / path)[int(number)]
    if isinstance(row, list):  # turns of a conversation, the answer in the last one
        return RealRow(row[0]["value"], row[-1]["ground_truth"]["value"])
    text = _text(row)
    return RealRow(text, _answer(row, text))


@cache
def _rows(path: Path) -> list[Fields]:
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")
    if path.suffix == ".tsv":
        return [dict(zip(("question", "answer"), line.split("\t"), strict=False)) for line in text.splitlines() if line]
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(text)))
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    return found if isinstance(found, list) else next(found[name] for name in INSIDE if name in found)


def _text(row: Fields) -> str:
    body = row.get("Body") or row.get("body")
    asked = str(next((row[name] for name in TEXTS if row.get(name)), ""))
    numbers = str(row.get("Numbers") or "").split()  # in a column of their own
    for place, number in enumerate(numbers):
        asked = asked.replace(f"number{place}", number)
    parts = [f"{body} {asked}" if body else asked, *_options(row)]
    context = row.get("context")
    return "\n".join([context, *parts] if isinstance(context, str) and context else parts)


def _options(row: Fields) -> list[str]:
    options = row.get("options") or row.get("choices") or []
    if isinstance(options, str):
        return [options]
    if isinstance(options, dict):
        return [f"{letter}. {option}" for letter, option in options.items()]
    assert isinstance(options, list)
    is_lettered = options and str(options[0]).lstrip("(")[:1] == "A" and str(options[0]).lstrip("(")[1:2] in (")", ".")
    return [str(option) if is_lettered else f"{LETTERS[place]}. {option}" for place, option in enumerate(options)]


def _answer(row: Fields, text: str) -> str:
    found = next((row[name] for name in ANSWERS if row.get(name) not in (None, "", [])), row.get("solution", ""))
    options = row.get("options") or row.get("choices")
    if isinstance(options, list) and isinstance(found, int):
        return str(options[found])
    answer = final_answer(";".join(map(str, found)) if isinstance(found, list) else str(found))
    shown = split_options(text)[1]
    place = LETTERS.find(answer) if len(answer) == 1 else -1
    return shown[place] if 0 <= place < len(shown) else answer
