"""A row of a dataset has all that checking it again takes, and its answer is the one that was checked."""

from hypothesis import example, given
from hypothesis import strategies as st

from distill import reasoning
from distill.references import Answer, Choice, Reference, StdinCase, StdinTests
from distill.rows.dataset_rows import REFERENCE, lacking, parse_checkable

NOTHING: dict[str, object] = dict.fromkeys(REFERENCE.names)
PIECES = st.sampled_from(
    ["<think>", "</think>", "\n", "\n\n", "`", '"', " ", "4", "[/THINK]", "\n</think>\n\n", "\x1c"]
)
TEXTS = st.lists(PIECES | st.text(max_size=3), max_size=9).map("".join)


def row(text: str, **columns: object) -> dict[str, object]:
    prompt = [{"role": "user", "content": "2 + 2?"}]
    completion = [{"role": "assistant", "content": text}]
    return {"id": "q", "prompt": prompt, "completion": completion, "messages": prompt + completion, **columns}


@given(st.none() | TEXTS, TEXTS)
@example(None, "")
@example("</think>", "`</think>` ends it")
@example("a", "</think>\n\nb")
def test_the_answer_of_a_row_is_the_text_that_was_checked(thought: str | None, answer: str) -> None:
    found = parse_checkable(row(reasoning.join(thought, answer)))
    assert found.answer == reasoning.as_kept(answer)


@given(TEXTS)
def test_what_was_checked_is_all_of_the_answer_unless_it_holds_a_closing_line(answer: str) -> None:
    if f"{reasoning.CLOSE}\n\n" not in answer.strip():
        assert reasoning.as_kept(answer) == answer.strip()


@given(TEXTS)
def test_a_completion_gives_its_row_the_answer_that_it_had(text: str) -> None:
    parts = reasoning.split(text)
    assert parse_checkable(row(reasoning.join(parts.reasoning, parts.answer))).answer == reasoning.as_kept(parts.answer)


def test_a_completion_of_another_form_is_split_as_any() -> None:
    assert parse_checkable(row("<think>2 + 2</think>4")).answer == "4"
    assert parse_checkable(row("It is 4.")).answer == "It is 4."


def test_references_of_every_kind_come_back() -> None:
    kinds: dict[str, tuple[dict[str, object], Reference]] = {
        "answer": ({"answer": "4"}, Answer(value="4")),
        "choice": ({"answer": "B", "choices": ["3", "4"]}, Choice(answer="B", choices=("3", "4"))),
        "tests": (
            {"tests": '{"cases": [{"stdin": "1", "stdout": "2"}]}'},
            StdinTests(cases=(StdinCase(stdin="1", stdout="2"),)),
        ),
    }
    for columns, reference in kinds.values():
        found = parse_checkable(row("4", answer=None, reference=NOTHING | columns))
        assert found.prompt.reference == reference


def test_what_is_stated_names_the_row_and_who_decided() -> None:
    stated = parse_checkable(row("4", verifier="judge", judge="m", run="r", sample_index=3)).stated
    assert stated == ("judge", "m", "r", 3)
    assert parse_checkable(row("4")).stated is None


def test_a_row_without_what_its_verifier_needs_says_so() -> None:
    old = parse_checkable(row("B", verifier="choice", answer="B"))
    assert old.stated is not None
    assert lacking(old.prompt, old.stated) == (
        "choice had decided, but the row holds nothing that it checks against; select its run again"
    )
    voted = parse_checkable(row("4", verifier="majority_vote", reference=NOTHING | {"answer": "4"}))
    assert voted.stated is not None
    assert lacking(voted.prompt, voted.stated) is None
