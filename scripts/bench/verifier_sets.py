"""Labelled sets for `verifiers.py`: where each is to be had, and how its rows become labelled answers.

No set is part of this repository. A reader puts the files, under any folders, into one folder; a set is found by the
names of its files. Labels are taken as they were published, wrong ones included.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

Row = Mapping[str, object]
MATCH = 4
"""Of five grades, the lowest that calls an answer the same as the reference: the rule of answer-matching's authors."""
_CALCULATIONS = re.compile(r"<<[^<>]*>>")
"""The calculator notes of GSM8K, which are no part of the text: `16 - 3 = <<16-3=13>>13`."""


class Labelled(NamedTuple):
    """An answer that somebody graded."""

    references: tuple[str, ...]
    """Any of them is right."""
    completion: str
    is_right: bool


class LabelledSet(NamedTuple):
    """A public set."""

    name: str
    place: str
    """A repository on GitHub, and the folder in it."""
    files: tuple[str, ...]
    read: Callable[..., Iterator[Labelled]]
    """Takes the rows of each file, in the order of `files`."""

    def found(self, folder: Path) -> list[Path]:
        """Its files below a folder; empty where one is missing."""
        found = [next(iter(sorted(folder.rglob(name))), None) for name in self.files]
        return [path for path in found if path is not None] if None not in found else []

    def answers(self, files: Sequence[Path]) -> list[Labelled]:
        """Everything in it that carries a label."""
        return list(self.read(*map(rows_of, files)))


def rows_of(file: Path) -> list[Row]:
    """The objects of a JSON array, or of JSON lines, which break at line feeds alone."""
    text = file.read_text(encoding="utf-8")
    rows: list[Row] = json.loads(text) if file.suffix == ".json" else [
        json.loads(line) for line in text.split("\n") if line.strip()
    ]  # fmt: skip
    return rows


def boxed(answer: str) -> str:
    r"""A bare answer as a completion that marks it.

    >>> boxed("x=1"), boxed(r"\boxed{2}")
    ('\\boxed{x=1}', '\\boxed{2}')
    """
    return answer if r"\boxed" in answer else rf"\boxed{{{answer}}}"


def hard_verify(rows: Sequence[Row]) -> Iterator[Labelled]:
    """Of each question a right answer that a rule called wrong, and a wrong one."""
    for row in rows:
        for column, is_right in (("fn_output", True), ("tn_output", False)):
            yield Labelled((str(row["ground_truth"]),), boxed(str(row[column])), is_right)


def answer_matching(first: Sequence[Row], second: Sequence[Row]) -> Iterator[Labelled]:
    """The answers that two people graded alike. One row holds the answer of one model, or lists of several models."""
    ratings = {key: is_right for key, _, is_right in _rated(second)}
    for key, answer, is_right in _rated(first):
        if ratings.get(key) is is_right:
            yield answer._replace(is_right=is_right)


def _rated(rows: Sequence[Row]) -> Iterator[tuple[tuple[object, object], Labelled, bool]]:
    for row in rows:
        columns = [row[name] if isinstance(row[name], list) else [row[name]] for name in _BY_MODEL]
        for model, response, rating in zip(*columns, strict=True):
            is_right = rating >= MATCH
            answer = Labelled((str(row["answer"]).strip(),), boxed(str(response)), is_right)
            yield (row["question_id"], model), answer, is_right


_BY_MODEL = ("model", "response", "rating_match")


def olympiad_bench(rows: Sequence[Row]) -> Iterator[Labelled]:
    """The cases of its judge, without those that tell the judge a precision of their own."""
    for row in rows:
        for answer in _objects(row["Ans"]):
            if "precision" not in answer:
                yield Labelled((str(row["GT"]),), boxed(str(answer["answer"])), answer["equal"] is True)


def evouna(rows: Sequence[Row]) -> Iterator[Labelled]:
    """Short facts: FiD gives them bare, four language models in sentences. Questions called improper are left out."""
    for row in rows:
        if row["improper"]:
            continue
        for column in row:
            label = row.get(f"judge_{column.removeprefix('answer_')}")
            if column.startswith("answer_") and isinstance(label, bool):
                said = str(row[column])
                completion = boxed(said) if column == "answer_fid" else said
                yield Labelled(tuple(str(row["golden_answer"]).split("/")), completion, label)


def gsm8k(rows: Sequence[Row]) -> Iterator[Labelled]:
    """Whole solutions of four models, which end in `A: 18`."""
    for row in rows:
        reference = str(row["ground_truth"]).rpartition("A: ")[2].strip()
        for output in row.values():
            if isinstance(output, Mapping):
                yield Labelled((reference,), _CALCULATIONS.sub("", output["solution"]), output["is_correct"] is True)


def qwen_math(rows: Sequence[Row]) -> Iterator[Labelled]:
    """Whole solutions, eight a problem; the labels are those of its own grader."""
    for row in rows:
        completions, scores = row["code"], row["score"]
        assert isinstance(completions, list) and isinstance(scores, list)
        for completion, score in zip(completions, scores, strict=True):
            yield Labelled((str(row["gt"]),), completion, score is True)


def _objects(value: object) -> list[Row]:
    assert isinstance(value, list)
    return value


SETS = (
    LabelledSet("HardVerify-Math", "uw-nsl/TinyV benchmarks/", ("HardVerify-Math.json",), hard_verify),
    LabelledSet(
        "MMLU-Pro free-form, two people",
        "nikhilchandak/answer-matching src/visualize_resps/annotation/saves/",
        ("2907.jsonl", "strat1shash.jsonl"),
        answer_matching,
    ),
    LabelledSet(
        "GPQA free-form, two people",
        "nikhilchandak/answer-matching src/visualize_resps/updated_annotation1/",
        ("nikhil_gpqa.jsonl", "ameya_gpqa.jsonl"),
        answer_matching,
    ),
    LabelledSet("OlympiadBench judge", "OpenBMB/OlympiadBench eval/", ("scoring_examples.json",), olympiad_bench),
    LabelledSet("EVOUNA NQ", "wangcunxiang/QA-Eval EVOUNA/", ("NQ.json",), evouna),
    LabelledSet("EVOUNA TQ", "wangcunxiang/QA-Eval EVOUNA/", ("TQ.json",), evouna),
    LabelledSet(
        "GSM8K outputs",
        "openai/grade-school-math grade_school_math/data/",
        ("example_model_solutions.jsonl",),
        gsm8k,
    ),
    LabelledSet(
        "Qwen2.5-Math, 100 × 8",
        "QwenLM/Qwen2.5-Math evaluation/data/eval_rm_maj_example/",
        ("math_cot_100.jsonl",),
        qwen_math,
    ),
)
