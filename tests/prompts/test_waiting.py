"""Rows that wait are read again as they came, and those that read alike are told apart."""

import io

import pytest

from distill.prompts.intake import KeptRow
from distill.prompts.normalise import normalise
from distill.prompts.sources.preset import plain_preset
from distill.prompts.waiting import WaitingRow, WaitingRows
from distill.records import Prompt
from distill.rows.parse import Row
from distill.rows.prompt_file import prompt_line

LETTERS = {"choices": ["red", "blue"], "answer": "A"}


def wait(*rows: Row) -> WaitingRows:
    waiting = WaitingRows(io.BytesIO())
    for number, row in enumerate(rows):
        prompt = normalise({"prompt": "What is it?", **row}, plain_preset({}), "s")
        assert isinstance(prompt, Prompt)
        waiting.add(KeptRow("s", f"row {number}", prompt.domain, prompt.id, prompt_line(prompt), 1))
    return waiting


def test_rows_are_read_again_in_order_and_by_number() -> None:
    waiting = wait({"id": "1"}, {"id": "2", "answer": "7"})
    assert [row.id for row in waiting] == ["1", "2"]
    assert waiting[1] == list(waiting)[1]
    assert waiting[0] == WaitingRow("s", "row 0", "general", "1", (), waiting[0].line)


@pytest.mark.parametrize(
    ("row", "answer"),
    [({"answer": r"\frac{1}{2}"}, r"\frac{1}{2}"), ({}, ""), (LETTERS, "red"), ({**LETTERS, "answer": "B"}, "blue")],
)
def test_an_answer_is_what_it_says_alone(row: Row, answer: str) -> None:
    assert wait(row).answer(0) == answer


def test_rows_differ_by_what_they_ask() -> None:
    turns = [{"role": "system", "content": "Be (very) short."}, {"role": "user", "content": "What is 88 ÷ (4 ÷ 2)?"}]
    waiting = wait({"prompt": "What is 88 ÷ 4 ÷ 2?"}, {"prompt": turns}, {"prompt": "What is $88÷4÷2$?"})
    assert (waiting.difference(0, 1), waiting.difference(0, 2)) == ("parentheses", None)


MAZE = "Which way leads out of >> # >> ## > #?"


def test_puzzles_differ_by_any_sign_of_their_question_whatever_is_said_around_it() -> None:
    rows: list[dict[str, object]] = [
        {"prompt": prompt, "scorer": {"package": "reasoning-gym", "task": "maze", "entry": {"question": question}}}
        for prompt, question in (
            (MAZE, MAZE),
            (f"{MAZE} Answer briefly.", MAZE),
            (MAZE.replace(">>", "> >"), MAZE.replace(">>", "> >")),
        )
    ]
    waiting = wait(*rows, {"prompt": MAZE})
    assert [waiting.difference(0, other) for other in (1, 2, 3)] == [None, "puzzle", "puzzle"]
