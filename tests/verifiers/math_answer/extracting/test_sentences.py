"""A text as sentences."""

from distill.verifiers.math_answer.extracting.sentences import sentences


def texts(text: str) -> list[str]:
    return [span.text.strip() for span in sentences(text)]


def test_sentences_end_at_signs_and_lines() -> None:
    assert texts("One is 1.5. Two!\nThree? 四。五") == ["One is 1.5.", "Two!", "Three?", "四。", "五"]


def test_a_line_that_announces_the_next_is_joined_with_it() -> None:
    assert texts("The total is\n\n12\nDone.") == ["The total is\n\n12", "Done."]


def test_formulas_and_abbreviations_are_not_cut() -> None:
    assert texts("So $a. \\text{ b}$ holds, e.g. here.") == ["So $a. \\text{ b}$ holds, e.g. here."]


def test_every_character_lies_in_one_sentence() -> None:
    text = "A is 1. B\nis 2: \n\n 3."
    assert "".join(span.text for span in sentences(text)) == text
