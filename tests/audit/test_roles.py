import pytest

from distill.audit.reading import traces_of
from distill.audit.roles import Roles, find_roles
from distill.audit.trace_row import TraceRow, UnreadRow
from distill.errors import InputError, RecipeError
from distill.references import Answer, Choice
from tests.audit.shapes import ASKED, SHAPES, THOUGHT, Rows, rows_of, said, tagged, turns


def roles_of(rows: Rows, **mapped: str) -> Roles:
    return find_roles(rows, mapped, "fruit.jsonl")


def read(rows: Rows, **mapped: str) -> list[TraceRow]:
    roles = roles_of(rows, **mapped)
    found = [trace for row in rows for trace in traces_of(row, "fruit.jsonl, row 1", roles)]
    traces = [trace for trace in found if isinstance(trace, TraceRow)]
    assert len(traces) == len(found)
    return traces


@pytest.mark.parametrize("name", SHAPES)
def test_columns_are_known_by_their_names_and_by_what_stands_in_them(name: str) -> None:
    assert roles_of(SHAPES[name].rows).said() == SHAPES[name].roles


@pytest.mark.parametrize("name", SHAPES)
def test_a_trace_of_every_shape_is_read_with_what_was_asked(name: str) -> None:
    shape = SHAPES[name]
    traces = read(shape.rows)
    assert len(traces) == len(shape.rows) * shape.num_traces
    assert all(any(asked in trace.prompt for asked in ASKED) for trace in traces)
    assert all("\\boxed" in trace.answer and "<think>" not in trace.answer for trace in traces)
    has_thoughts = "<think>" in repr(shape.rows) or "reasoning ←" in shape.roles or "response.usage" in shape.roles
    assert all((THOUGHT.strip() in (trace.reasoning or "")) == has_thoughts for trace in traces)


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if "reference ←" in shape.roles])
def test_answers_are_checked_against_what_the_set_says_is_right(name: str) -> None:
    assert {trace.reference for trace in read(SHAPES[name].rows)} <= {
        Answer(value="4"), Answer(value="34"), Choice(answer="A", choices=("4", "34", "7")),
    }  # fmt: skip


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if "reference ←" not in shape.roles])
def test_what_a_model_wrote_is_no_reference(name: str) -> None:
    assert {trace.reference for trace in read(SHAPES[name].rows)} == {None}


def test_labels_ends_and_counts_belong_to_their_own_trace() -> None:
    several = read(SHAPES["several traces a row, each with its label and its end"].rows)
    assert [(trace.label, trace.finish) for trace in several[:2]] == [(True, "stop"), (False, "length")]
    assert [trace.where for trace in several[:2]] == ["fruit.jsonl, row 1, trace 1", "fruit.jsonl, row 1, trace 2"]
    graded = read(SHAPES["two teachers side by side, each with its grade"].rows)
    assert [trace.label for trace in graded[:2]] == [True, False]
    assert read(SHAPES["the reply of an endpoint"].rows)[0].num_tokens == 40


def test_what_a_row_says_of_all_its_traces_is_said_of_none() -> None:
    rows = rows_of(lambda q, a: {"question": q, "responses": [said(a), said("7")], "correct": True, "num_tokens": 30})
    assert {(trace.label, trace.num_tokens) for trace in read(rows)} == {(None, None)}


@pytest.mark.parametrize(
    "column",
    [{"score": 0.7}, {"score_mean": 1.0}, {"correct_answer": "yes"}, {"correct": 1}, {"grade_reason": "yes"},
     {"render_score": 1.0}, {"verified": None}],
)  # fmt: skip
def test_what_may_mean_something_else_is_no_label(column: dict[str, object]) -> None:
    rows = rows_of(lambda q, a: {"question": q, "response": said(a), **column})
    assert roles_of(rows).traces[0].label is None


@pytest.mark.parametrize("word", ["Yes", "correct", 1, 1.0, True, "matched"])
def test_a_label_may_be_any_word_of_assent(word: object) -> None:
    rows = rows_of(lambda q, a: {"question": q, "response": said(a), "verified": word})
    assert {trace.label for trace in read(rows)} == {True}


def test_whether_a_trace_is_whole_is_how_it_ended() -> None:
    cut = rows_of(lambda q, a: {"question": q, "response": said(a), "truncated": a == "4"})
    assert [trace.finish for trace in read(cut)] == ["length", "stop"]
    whole = rows_of(lambda q, a: {"question": q, "response": said(a), "is_complete": a == "4"})
    assert [trace.finish for trace in read(whole)] == ["stop", "length"]


def test_the_last_turn_of_the_user_is_the_prompt_of_the_last_reply() -> None:
    rows = rows_of(lambda q, a: {"messages": [*turns("Hello?", "Hello."), *turns(q, said(a))]})
    assert [trace.prompt for trace in read(rows)] == list(ASKED)


def test_a_solution_that_is_the_trace_is_not_what_it_is_checked_against() -> None:
    rows = rows_of(lambda q, a: {"problem": q, "solution": tagged(a), "messages": turns(q, tagged(a))})
    assert roles_of(rows).asked is not None
    assert {trace.reference for trace in read(rows)} == {None}


def test_a_short_answer_beside_a_reasoning_that_gives_its_own_is_the_reference() -> None:
    rows = rows_of(lambda q, a: {"question": q, "cot": f"{THOUGHT}\\boxed{{{a}}}", "answer": a})
    assert roles_of(rows).said() == "prompt ← question, reference ← answer, trace ← cot"


def test_every_role_can_be_mapped() -> None:
    rows = rows_of(lambda q, a: {"q": {"text": q}, "out": [said(a)], "key": a, "ok": True, "end": "stop", "len": 3,
                                 "field": "math", "from_where": "us", "terms": "mit", "tongue": "French"})  # fmt: skip
    traces = read(
        rows, prompt="q.text", trace="out", reference="key", label="ok", finish="end", num_tokens="len", domain="field",
        source="from_where", license="terms", language="tongue",
    )  # fmt: skip
    assert traces[0][1:] == (
        ASKED[0], said("4"), None, said("4"), Answer(value="4"), True, "stop", 3, "math", "us", "mit", "fr",
    )  # fmt: skip


def test_a_reasoning_can_be_mapped_beside_a_trace() -> None:
    rows = rows_of(lambda q, a: {"question": q, "hidden": THOUGHT, "shown": said(a)})
    assert [trace.reasoning for trace in read(rows, trace="shown", reasoning="hidden")] == [THOUGHT.strip()] * 2


def test_a_role_can_be_taken_from_every_column() -> None:
    rows = SHAPES["the answer in JSON text"].rows
    assert roles_of(rows, label="-", reference="-", prompt="-").said() == "trace ← llm_response"


def test_names_of_distill_prompts_are_understood() -> None:
    rows = rows_of(lambda q, a: {"question": q, "text": said(a), "key": a})
    assert roles_of(rows, completion="text", answer="key").said() == "prompt ← question, reference ← key, trace ← text"


def test_without_a_trace_the_columns_are_named_and_what_to_write() -> None:
    rows: Rows = [{"question": "Why?", "notes": "Because it is so, and has always been."}]
    with pytest.raises(InputError, match=r"columns are question, notes\. .*--map trace=notes --map prompt=COLUMN"):
        roles_of(rows)


@pytest.mark.parametrize(("role", "column"), [("trace", "respons"), ("label", "correct")])
def test_a_mapped_column_that_is_not_there_is_named(role: str, column: str) -> None:
    rows = rows_of(lambda q, a: {"question": q, "response": said(a)})
    with pytest.raises(InputError, match=f"has no column `{column}`, which --map {role}={column} names"):
        roles_of(rows, **{role: column})


def test_an_unknown_role_is_refused_with_the_roles_there_are() -> None:
    with pytest.raises(RecipeError, match="no role 'tokens'; there are prompt, trace, reasoning"):
        roles_of(rows_of(lambda q, a: {"question": q, "response": said(a)}), tokens="n")


def test_two_problems_that_differ_are_for_the_user_to_tell_apart() -> None:
    rows = rows_of(lambda q, a: {"question": q, "Question": f"Now: {q}", "response": said(a)})
    with pytest.raises(InputError, match="--map prompt=question"):
        roles_of(rows)
    assert read(rows, prompt="Question")[0].prompt == f"Now: {ASKED[0]}"


@pytest.mark.parametrize("prompt", [{}, {"prompt": "-"}])
def test_a_reference_that_was_named_is_never_dropped_for_want_of_a_prompt(prompt: dict[str, str]) -> None:
    rows = rows_of(lambda _, a: {"response": tagged(a), "gold": a})
    with pytest.raises(InputError, match=r"--map reference=gold is read beside a prompt.*--map prompt=COLUMN"):
        roles_of(rows, reference="gold", **prompt)


def test_without_a_prompt_the_traces_are_read_and_it_is_said() -> None:
    rows = rows_of(lambda _, a: {"response": tagged(a), "kind": "fruit"})
    assert "no column is the prompt; its columns are kind. Say which is: --map prompt=COLUMN" in roles_of(rows).notes[0]
    assert [trace.prompt for trace in read(rows)] == ["", ""]


def test_answers_that_contradict_each_other_check_nothing_and_it_is_said() -> None:
    rows = rows_of(lambda q, a: {"question": q, "answer": a, "gold": "7", "response": said(a)})
    assert "`answer` or `gold`, which differ ('4' and '7' in row 1)" in roles_of(rows).notes[0]
    assert {trace.reference for trace in read(rows)} == {None}
    assert read(rows, reference="answer")[0].reference == Answer(value="4")


def test_a_question_that_the_trace_repeats_is_asked_all_the_same() -> None:
    rows = rows_of(lambda q, a: {"question": f"{q} {THOUGHT}", "output": f"{q} {THOUGHT} {said(a)}"})
    assert roles_of(rows).said() == "prompt ← question, trace ← output"


def test_keys_of_objects_that_are_texts_are_no_columns() -> None:
    rows = rows_of(lambda q, a: {"question": q, "reply": said(a), "plan": {f"{q} And so on?": {"response": said("7")}}})
    assert roles_of(rows).said() == "prompt ← question, trace ← reply"


def test_a_row_without_a_trace_or_a_prompt_is_set_aside() -> None:
    rows = rows_of(lambda q, a: {"question": q, "response": said(a)})
    roles = roles_of(rows)
    assert list(traces_of({"question": "Why?", "response": None}, "row 3", roles)) == [
        UnreadRow("row 3", "it has no trace in response")
    ]
    (unread,) = traces_of({"question": None, "response": "So."}, "row 4", roles)
    assert isinstance(unread, UnreadRow)
    assert "no prompt" in unread.reason
