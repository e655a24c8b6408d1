"""Expressions of words."""

from distill.verifiers.math_answer.extracting.words import Words, one_of

NOT = Words(one_of("en not|never\nzh 不是\n-- n't"))


def test_words_are_found_in_any_case_and_only_as_words() -> None:
    assert NOT.search("It is NOT so")
    assert NOT.search("it isn’t so")
    assert not NOT.search("a knot")


def test_a_command_of_latex_is_no_word() -> None:
    assert not NOT.search(r"a \not b")


def test_a_script_that_parts_no_words_is_searched_anywhere() -> None:
    assert NOT.search("答案不是五")


def test_places_are_those_of_the_text_where_small_letters_are_longer() -> None:
    text = "İİ Never"
    match = NOT.search(text)
    assert match is not None
    assert text[match.start() : match.end()] == "Never"
