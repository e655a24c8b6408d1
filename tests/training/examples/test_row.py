import pytest

from distill.training.examples.row import SetAsideError, rows

OURS = "<think>\ntwo and two\n</think>\n\n4"
USER, ASSISTANT = {"role": "user", "content": "2+2?"}, {"role": "assistant", "content": OURS}


def test_prompt_and_completion_are_taken_as_they_are() -> None:
    (row,) = rows({"prompt": [USER], "completion": [ASSISTANT], "domain": "math"}, "f, row 1")
    assert (row.prompt, row.content, row.where, row.domain) == ([USER], OURS, "f, row 1", "math")


@pytest.mark.parametrize(
    "record",
    [
        {"prompt": "2+2?", "completion": OURS},
        {"messages": [USER, ASSISTANT]},
        {"messages": [USER, ASSISTANT, {"role": "user", "content": "thanks"}]},
        {"conversations": [{"from": "human", "value": "2+2?"}, {"from": "gpt", "value": OURS}]},
    ],
    ids=["text", "messages", "something said after", "ShareGPT"],
)
def test_other_spellings_of_a_conversation_give_the_same_row(record: dict[str, object]) -> None:
    (row,) = rows(record, "f")
    assert (row.prompt, row.content) == ([USER], OURS)


def test_a_system_column_beside_sharegpt_turns_is_not_lost() -> None:
    turns = [{"from": "human", "value": "2+2?"}, {"from": "gpt", "value": OURS}]
    (row,) = rows({"system": "Be brief.", "conversations": turns}, "f")
    assert row.prompt == [{"role": "system", "content": "Be brief."}, USER]


@pytest.mark.parametrize(
    "turn",
    [
        {"content": "<think>two and two</think>4"},
        {"content": "<|begin_of_thought|>\ntwo and two\n<|end_of_thought|>\n<|begin_of_solution|>4<|end_of_solution|>"},
        {"content": "4", "reasoning_content": "two and two"},
        {"content": "4", "thinking": "two and two", "reasoning": None},
        {"content": [{"type": "reasoning", "value": "two and two"}, {"type": "text", "value": "4"}]},
        {"content": [{"type": "thinking", "thinking": "two and two"}, {"type": "text", "text": "4"}]},
    ],
    ids=["without line breaks", "Sky-T1", "a field of its own", "another field", "blocks", "other blocks"],
)
def test_reasoning_in_another_form_is_written_in_ours(turn: dict[str, object]) -> None:
    (row,) = rows({"messages": [USER, {"role": "assistant", **turn}]}, "f")
    assert row.content == OURS


def test_each_assistant_turn_can_be_a_row_with_its_history() -> None:
    more = {"role": "user", "content": "3+3?"}
    calls = {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "add"}}]}
    first, second = rows({"messages": [USER, ASSISTANT, more, calls, ASSISTANT]}, "f, row 1", is_all=True)
    assert (first.prompt, first.where) == ([USER], "f, row 1, turn 2")
    assert (second.prompt, second.where) == ([USER, ASSISTANT, more, calls], "f, row 1, turn 5")
    assert first.first_question == second.first_question == "2+2?"


def test_the_nulls_that_arrow_adds_are_taken_out_again() -> None:
    nulls = {"tool_calls": None, "name": None}
    call = {"type": "function", "function": {"name": "add", "arguments": {"a": 1, "b": None}}}
    turns = [USER | nulls, {"role": "assistant", "content": None, "tool_calls": [call]}, ASSISTANT | nulls]
    (row,) = rows({"prompt": None, "messages": turns, "tools": '[{"name": "add"}]'}, "f")
    without = {"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}
    assert row.prompt == [USER, {"content": None, "role": "assistant", "tool_calls": [without]}]
    assert row.tools == [{"name": "add"}]


def test_a_call_in_sharegpt_is_a_call_in_the_history() -> None:
    called = {"from": "function_call", "value": '{"name": "add", "arguments": {"a": 1}}'}
    turns = [{"from": "human", "value": "1+1?"}, called, {"from": "observation", "value": "2"}]
    (row,) = rows({"conversations": [*turns, {"from": "gpt", "value": OURS}]}, "f")
    call = {"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}
    assert row.prompt[1:] == [
        {"content": None, "role": "assistant", "tool_calls": [call]},
        {"role": "tool", "content": "2"},
    ]


@pytest.mark.parametrize(
    ("record", "reason", "message"),
    [
        ({"question": "2+2?"}, "wrong form", r"Its columns are question\."),
        ({"question": None}, "wrong form", "none of those that are read"),
        ({"prompt": [], "completion": OURS}, "wrong form", "a turn that is not"),
        ({"messages": [USER]}, "wrong form", "no assistant turn"),
        ({"messages": [ASSISTANT]}, "wrong form", "no assistant turn"),
        (
            {"messages": [USER, {"role": "assistant", "content": [{"type": "image"}]}]},
            "wrong form",
            "a turn that is not",
        ),
        ({"messages": [USER, {"role": "assistant", "tool_calls": [{}]}]}, "tool call", "calls a tool"),
        ({"prompt": "2+2?", "completion": OURS, "tools": "add"}, "wrong form", "`tools` is not JSON"),
        ({"prompt": "2+2?", "completion": OURS, "tools": [1]}, "wrong form", "`tools` is no list of objects"),
        ({"prompt": "2+2?", "completion": OURS, "chat_template_kwargs": [1]}, "wrong form", "is no object"),
    ],
)
def test_what_is_no_row_says_why(record: dict[str, object], reason: str, message: str) -> None:
    with pytest.raises(SetAsideError, match=message) as caught:
        rows(record, "f")
    assert caught.value.reason == reason
