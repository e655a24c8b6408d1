import json

import pytest

from distill.errors import InputError
from distill.references import Answer, AssertTests, Choice, Constraints, FunctionTests, Scorer, StdinTests
from distill.rows import columns as schemas
from distill.rows.parse import option_name, parse_completion, parse_prompt, parse_reference, right_option
from distill.rows.prompt_file import prompt_line


def test_a_bare_prompt_becomes_a_user_message_with_an_id_of_its_content() -> None:
    first, again = parse_prompt({"prompt": "2+2?", "answer": "4"}), parse_prompt({"prompt": "2+2?", "answer": 4})
    other = parse_prompt({"prompt": "2+2?", "answer": "5"})
    assert first.messages[0].role == "user"
    assert first.id == again.id != other.id
    assert first.domain == "math"


@pytest.mark.parametrize(
    ("row", "kind", "verifier"),
    [
        ({"answer": "4"}, Answer, "math_answer"),
        ({"answer": 0.5}, Answer, "math_answer"),
        ({"answer": "B", "choices": ["x", "y"]}, Choice, "choice"),
        ({"tests": {"cases": [{"stdin": "1", "stdout": "2"}]}}, StdinTests, "unit_tests"),
        ({"tests": {"function": "f", "cases": [{"args": [1], "expected": [2]}]}}, FunctionTests, "unit_tests"),
        ({"tests": '{"code": "assert f(1)"}'}, AssertTests, "unit_tests"),
        ({"constraints": [{"id": "length"}]}, Constraints, "constraints"),
        ({"scorer": {"package": "reasoning-gym", "task": "maze", "entry": {}}, "answer": "4"}, Scorer, "scorer"),
        ({}, type(None), "judge"),
    ],
)
def test_the_reference_follows_from_the_columns(row: dict[str, object], kind: type, verifier: str) -> None:
    prompt = parse_prompt({"prompt": "?", **row})
    assert isinstance(prompt.reference, kind)
    assert prompt.verifier == verifier


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"question": "2+2?"}, "it has no `prompt` column; its columns are question"),
        ({"prompt": 7}, "`prompt` should be text or a list"),
        ({"prompt": []}, "`prompt` should be text or a list"),
        ({"prompt": [{"role": "robot", "content": "x"}]}, r"`prompt\.role`: Input should be 'system'"),
        ({"prompt": "?", "answer": ["4"]}, r"`answer` should be text or a number, but is \['4'\]"),
        ({"prompt": "?", "answer": True}, "`answer` should be text or a number, but is True"),
        ({"prompt": "?", "choices": ["x", "y"]}, "`choices` but no `answer`"),
        ({"prompt": "?", "answer": "A", "choices": ["x"]}, "`choices.choices`: Tuple should have at least 2 items"),
        ({"prompt": "?", "tests": "{"}, "`tests` should be an object or JSON text"),
        ({"prompt": "?", "tests": {"cases": []}}, r"`tests\.cases`: Tuple should have at least 1 item"),
        ({"prompt": "?", "tests": {"cases": [{"stdin": "1"}]}}, r"`tests\.cases\.0\.stdout`: Field required"),
        ({"prompt": "?", "tests": {"code": "x", "tolerance": 0.1}}, "`tolerance` needs `checker: float`"),
        (
            {"prompt": "?", "scorer": {"package": "os", "task": "system", "entry": {}}},
            "`scorer.package`: Input should be",
        ),
        ({"prompt": "?", "scorer": "{"}, "`scorer` should be an object or JSON text"),
        ({"prompt": "?", "domain": "maths"}, "`domain` should be one of math, code"),
        ({"prompt": "?", "id": 1.5}, "`id` should be text"),
    ],
)
def test_what_is_wrong_is_named(row: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_prompt(row)


def test_a_completion_row_needs_no_prompt_but_its_completion() -> None:
    prompt, completion = parse_completion({"id": "x", "answer": "4", "completion": "4"})
    assert (prompt.id, completion) == ("x", "4")
    with pytest.raises(InputError, match="`completion` should be text, but is nothing"):
        parse_completion({"id": "x", "answer": "4"})


def test_columns_of_parquet_may_be_empty() -> None:
    row = {
        "prompt": "?",
        "answer": "4",
        "choices": None,
        "tests": None,
        "constraints": None,
        "domain": None,
        "id": None,
    }
    assert parse_reference(row) == Answer(value="4")


def test_fields_that_parquet_adds_empty_are_left_out() -> None:
    case = {"stdin": None, "stdout": None, "args": [1], "expected": None}
    tests = {"language": "python", "code": None, "function": "f", "cases": [case], "tolerance": None}
    call = parse_reference({"tests": tests})
    assert isinstance(call, FunctionTests)
    assert call.cases[0].expected is None
    program = {"stdin": "1", "stdout": "2", "args": None, "expected": None}
    assert isinstance(parse_reference({"tests": tests | {"function": None, "cases": [program]}}), StdinTests)
    rules = parse_reference({"constraints": [{"id": "length", "words": None}]})
    assert rules == Constraints(rules=({"id": "length"},))


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"answer": "4"},
        {"answer": "B", "choices": ["Mars", "Venus"]},
        {"constraints": [{"id": "punctuation:no_comma"}]},
        {"scorer": {"package": "reasoning-gym", "task": "maze", "entry": {"answer": None, "metadata": {"0": [1.5]}}}},
        {"tests": {"cases": [{"stdin": "1", "stdout": "2"}], "time_limit_s": 2.0}},
        {"tests": {"function": "clear", "cases": [{"args": [None, 1], "expected": None}]}},
        {"tests": {"code": "def check(f): ...", "entry_point": "f"}},
    ],
)
def test_a_prompt_is_the_same_when_it_was_written_and_read(columns: dict[str, object]) -> None:
    prompt = parse_prompt({"prompt": "Do it.", "source": "here", **columns})
    assert parse_prompt(json.loads(prompt_line(prompt))) == prompt
    assert schemas.prompt_of(schemas.prompt_row(prompt)) == prompt


@pytest.mark.parametrize(
    ("answer", "place"),
    [("blue", 1), ("B", 1), ("(b)", 1), ("1", 1), (1, 1), (0, 0), (-1, None), ("-1", None), (3, None), ("D", None),
     ("²", None), ("", None), (None, None), (1.0, None), (True, 1), ("9" * 5000, None)],
)  # fmt: skip
def test_an_option_is_named_by_its_text_its_letter_or_its_index(answer: object, place: int | None) -> None:
    assert right_option(answer, ["red", "blue", "green"]) == place


def test_two_options_that_read_alike_are_not_told_apart() -> None:
    assert right_option("red", ["red", "red "]) is None
    assert right_option("2", ["2", "2", "3"]) is None


def test_every_option_has_a_name_that_a_reference_may_give() -> None:
    assert [option_name(place) for place in (0, 25, 26)] == ["A", "Z", "26"]
    assert right_option(option_name(26), [f"option number {place}" for place in range(30)]) == 26
