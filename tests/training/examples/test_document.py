import pytest

from distill.errors import InputError
from distill.training.examples.document import document, is_lossless

EOS = "<end>"
PROMPT = "<user>2+2?<assistant><think>\n"
CONTENT = "<think>\ntwo and two\n</think>\n\n4"
FULL = f"<user>2+2?<assistant>{CONTENT}{EOS}"


def test_the_completion_starts_right_after_the_prefill_and_ends_with_eos() -> None:
    assert document(PROMPT, FULL, CONTENT, EOS) == (PROMPT, "two and two\n</think>\n\n4<end>")


def test_without_a_prefill_the_student_learns_to_open_its_reasoning() -> None:
    assert document("<assistant>", f"<assistant>{CONTENT}{EOS}\n", CONTENT, EOS).completion == CONTENT + EOS


def test_a_row_without_reasoning_learns_to_close_it_at_once() -> None:
    content = "<think>\n\n</think>\n\n4"
    assert document(PROMPT, f"<user>2+2?<assistant>{content}{EOS}", content, EOS).completion == "\n</think>\n\n4<end>"


@pytest.mark.parametrize(
    ("prompt", "full", "content", "message"),
    [
        pytest.param(PROMPT, f"<user>2+2?<assistant>4{EOS}", CONTENT, "strips the reasoning", id="stripped"),
        pytest.param(PROMPT, f"<system>{FULL}", CONTENT, "Inference and training template differ", id="other prompt"),
        pytest.param(PROMPT, FULL.removesuffix(EOS), CONTENT, "never learn to stop", id="no EOS"),
        pytest.param(PROMPT, f"{FULL}<user>", CONTENT, "never learn to stop", id="text after EOS"),
        pytest.param("<user>", FULL, CONTENT, "not right after the prompt's prefill", id="labels too early"),
        pytest.param(PROMPT, FULL.replace("4<end>", "4!<end>"), CONTENT, "adds or removes text", id="text added"),
        pytest.param(PROMPT, FULL, "4", "does not begin with a `<think>` line", id="no reasoning tags"),
        pytest.param(PROMPT, FULL, "<think>\nstill", "does not begin with a `<think>` line", id="never closed"),
    ],
)
def test_each_mistake_has_its_own_message(prompt: str, full: str, content: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        document(prompt, full, content, EOS)


def test_normalising_to_nfc_loses_nothing() -> None:
    assert is_lossless("e\u0301", "\u00e9")
    assert not is_lossless("a b", "ab")
