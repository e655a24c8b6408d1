"""Everything a text states, in order."""

from distill.verifiers.choice.option_texts import option_texts
from distill.verifiers.choice.reading import clean, lines_of, read
from distill.verifiers.choice.tokens import MARK, tokens

OPTIONS = option_texts(("Mars", "Venus", "Earth", "Jupiter"))


def places(text: str, is_whole: bool = True) -> list[set[int]]:
    return [set(statement.places) for statement in read(text, [], OPTIONS, is_whole).found]


def test_what_a_box_holds_stands_in_its_place() -> None:
    assert [set(s.places) for s in read(f"First {MARK}. Then {MARK}.", [(0,), (1,)], OPTIONS, is_whole=True).found] == [
        {0},
        {1},
    ]
    assert read(f"So {MARK}.", [None], OPTIONS, is_whole=True).found == []


def test_an_options_text_behind_an_announcement_is_a_statement() -> None:
    assert places("The answer is Venus, the second planet.") == [{1}]


def test_the_first_and_the_last_line_may_be_a_letter() -> None:
    assert places("B\nIt is hot.") == [{1}]
    assert places("It is hot.\nB") == [{1}]
    assert places("B\nIt is hot\nC") == [{1}, {2}]


def test_a_small_letter_is_an_answer_only_where_it_is_all_that_is_said() -> None:
    assert places("(b)") == [{1}]
    assert places("(a) The force is 3 N.") == []
    assert places("Then\nb") == []


def test_of_the_end_of_a_text_only_the_last_line_is_a_line() -> None:
    assert places("B\nIt is hot.", is_whole=False) == []


def test_several_lines_that_open_with_letters_are_a_list() -> None:
    assert places("A. red\nB. green") == []


def test_tags_and_quotation_marks_are_left_out() -> None:
    assert clean('**"B"**<eoa>').split() == ["B"]


def test_empty_lines_are_no_lines() -> None:
    assert len(lines_of(tokens("\n\none\n\ntwo\n", OPTIONS))) == 2
