"""How well `distill/prompts/questions.py` tells what a problem asks for, on problems that people read and labelled.

    PYTHONPATH=. python scripts/bench/real_questions.py [--files DIR]

The labels are in `tests/data/prompt_questions.jsonl`: 200 problems of public repositories, by repository, file and row,
and 60 of our own. The public texts are no part of this repository: DIR holds them as DIR/OWNER/NAME/PATH, and without
it the own problems are judged alone. `tune` and `own` were looked at while the rules were written, `held_out` was
not. The 200 were sought among texts that mislead: they are no natural rate.
"""

import argparse
import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from distill.metrics import wilson
from distill.prompts.final_answer import final_answer
from distill.prompts.normalise import MAX_ANSWER_CHARS
from distill.prompts.questions import Asked, asked
from distill.prompts.turns import clean
from distill.rows.parse import Row

LABELS = Path(__file__).parents[2] / "tests" / "data" / "prompt_questions.jsonl"
QUESTIONS = (
    *("Original question", "Original Problem", "problem", "question", "Question", "problem_text"),
    *("informal_statement", "nl_statement", "content", "Problem"),
)
ANSWERS = (
    *("answer", "final_answer", "Answer", "Short Answer", "informal_solution", "answer_number", "solution"),
    *("correct", "target", "nl_proof", "Solution", "informal_proof", "solution_text"),
)
"""Where the twelve repositories keep a problem and its gold answer; the first that is there counts."""


class Problem(NamedTuple):
    """A labelled problem."""

    split: str
    """`tune`, `held_out` or `own`."""
    label: Asked
    text: str
    answer: str | None
    """Its short gold answer; None where there is only a solution or a proof."""


def main() -> None:
    """Print the figures of each split, without and with the gold answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=Path, metavar="DIR")
    found = list(problems(LABELS, parser.parse_args().files))
    print(f"{len(found)} labelled problems; those whose file is not there are left out")
    for split in ("held_out", "tune", "own"):
        those = [problem for problem in found if problem.split == split]
        for is_known in (False, True) if those else ():
            print(f"{split}, {len(those)} problems, {'with the gold answer' if is_known else 'by the text alone'}")
            print("\n".join(f"  {line}" for line in figures(those, is_answer_known=is_known)))


def problems(labels: Path, files: Path | None) -> Iterator[Problem]:
    """The labelled problems; those of public repositories from the files that a reader has put below `files`."""
    for row in map(json.loads, labels.read_text(encoding="utf-8").splitlines()):
        if "text" in row:
            yield Problem(row["split"], Asked(row["label"]), row["text"], row["answer"])
        elif files is not None and (file := files / row["repo"] / row["path"]).is_file():
            text, answer = _found(file, row["row"])
            yield Problem(row["split"], Asked(row["label"]), text, answer)


def figures(found: Sequence[Problem], *, is_answer_known: bool) -> list[str]:
    """Precision and recall of each label, and of being set aside, whichever way; brackets are Wilson's, of 95 %."""
    said = [asked(clean(problem.text), problem.answer if is_answer_known else None) for problem in found]
    meant = [problem.label for problem in found]
    lines = [_line(label, [each is label for each in said], [each is label for each in meant]) for label in Asked]
    aside = [[each is not Asked.ONE for each in side] for side in (said, meant)]
    return [*lines, _line("set aside", *aside)]


def _line(name: str, said: Sequence[bool], meant: Sequence[bool]) -> str:
    num_right = sum(a and b for a, b in zip(said, meant, strict=True))
    return f"{name:10} precision {_share(num_right, sum(said))}   recall {_share(num_right, sum(meant))}"


def _share(part: int, total: int) -> str:
    if not total:
        return "none"
    share = wilson(part / total, total)
    return f"{part}/{total} = {part / total:.1%} [{share.low:.1%}, {share.high:.1%}]"


def _found(file: Path, row: int) -> tuple[str, str | None]:
    """A problem's text and its short gold answer, if it has one."""
    fields = _rows(file)[row]
    answer = final_answer(clean(_first(fields, ANSWERS)))
    is_short = "\n" not in answer and len(answer) <= MAX_ANSWER_CHARS and answer not in {"", "None.", "Graph"}
    return _first(fields, QUESTIONS), answer if is_short else None


def _rows(file: Path) -> list[Row]:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(text)))
    if file.suffix == ".jsonl":
        rows = [json.loads(line) for line in text.split("\n") if line.strip()]
        return [next(iter(row.values())) if len(row) == 1 else row for row in rows]
    whole = json.loads(text)
    if isinstance(whole, list):
        return whole
    inside = whole.get("example") or whole.get("questions")
    return inside if isinstance(inside, list) else [whole]


def _first(row: Row, names: Sequence[str]) -> str:
    value = next((row[name] for name in names if row.get(name) not in (None, "", [])), "")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    main()
