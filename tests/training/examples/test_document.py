import pytest

from distill.errors import InputError
from distill.training.examples.document import PROBE, TurnForm, document, is_lossless, turn_form
from distill.training.examples.row import SetAsideError

EOS = "<end>"
FORM = TurnForm("", EOS)
PROMPT = "<user>2+2?<assistant><think>\n"
CONTENT = "<think>\ntwo and two\n</think>\n\n4"


def test_the_completion_starts_right_after_the_prefill_and_ends_with_eos() -> None:
    assert document(PROMPT, CONTENT, FORM) == (PROMPT, "two and two\n</think>\n\n4<end>")


def test_without_a_prefill_the_student_learns_to_open_its_reasoning() -> None:
    assert document("<assistant>", CONTENT, FORM).completion == CONTENT + EOS


def test_a_prefill_without_a_line_break_leaves_the_break_to_the_student() -> None:
    assert document("<assistant><think>", CONTENT, FORM).completion == "\ntwo and two\n</think>\n\n4<end>"


def test_a_row_without_reasoning_learns_to_close_it_at_once() -> None:
    assert document(PROMPT, "<think>\n\n</think>\n\n4", FORM).completion == "\n</think>\n\n4<end>"


def test_a_prompt_that_closes_the_reasoning_takes_rows_without_any() -> None:
    prompt = "<assistant><think>\n\n</think>\n\n"
    assert document(prompt, "<think>\n\n</think>\n\n4", FORM).completion == "4<end>"
    with pytest.raises(SetAsideError, match="but its completion reasons"):
        document(prompt, CONTENT, FORM)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("4", "does not begin with a `<think>` line", id="no reasoning tags"),
        pytest.param("<think>\nstill", "does not begin with a `<think>` line", id="never closed"),
        pytest.param("<think>\na\n</think>\n\n \n", "learn to say nothing", id="no answer"),
    ],
)
def test_each_mistake_has_its_own_message(content: str, message: str) -> None:
    with pytest.raises(SetAsideError, match=message):
        document(PROMPT, content, FORM)


@pytest.mark.parametrize(
    ("prompt", "full", "form"),
    [
        pytest.param("U<A><think>\n", "U<A>\n\nprobed<end>", TurnForm("", EOS), id="reasoning stripped"),
        pytest.param("U<A>", f"U<A>{PROBE}<end>\n", TurnForm("", EOS), id="a line break after EOS"),
        pytest.param("U A:", f"U A: {PROBE}<end>", TurnForm(" ", EOS), id="a space before the text"),
        pytest.param("U A:", f"U A:{PROBE}\n<end>", TurnForm("", f"\n{EOS}"), id="a line break before EOS"),
    ],
)
def test_a_probe_shows_what_a_template_writes_around_a_text(prompt: str, full: str, form: TurnForm) -> None:
    assert turn_form(prompt, full, EOS) == form


@pytest.mark.parametrize("full", [f"U<A>{PROBE}", f"U<A>{PROBE}<end><user>", f"U<A>{PROBE}!<end>", "U<A>"])
def test_a_turn_that_does_not_end_in_eos_is_refused(full: str) -> None:
    with pytest.raises(InputError, match=r"would never learn to stop\. Set distill\.eos"):
        turn_form("U<A>", full, EOS)


def test_normalising_to_nfc_loses_nothing() -> None:
    assert is_lossless("e\u0301", "\u00e9")
    assert not is_lossless("a b", "ab")
