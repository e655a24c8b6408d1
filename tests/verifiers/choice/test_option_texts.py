"""Options by their own words and values."""

from distill.verifiers.choice.option_texts import normal, option_texts

PLANETS = option_texts(("Mars", "Venus", "Earth", "The red Mars"))
LENGTHS = option_texts(("12 cm", r"$\frac{1}{2}$", "18 cm", "-3"))


def test_words_are_compared_without_wrappers_articles_and_case() -> None:
    assert normal(r"The \text{Red} **Mars**.") == "red mars"


def test_a_text_names_the_option_that_reads_so() -> None:
    assert PLANETS.place_of("venus.") == 1
    assert PLANETS.place_of("B. Venus") == 1
    assert PLANETS.place_of("Pluto") is None
    assert option_texts(("2", "2", "3")).place_of("2") is None


def test_a_value_names_the_option_of_that_value() -> None:
    assert LENGTHS.place_of_value("0.5") == 1
    assert LENGTHS.place_of_value("12") == 0
    assert LENGTHS.place_of_value("many words " * 20 + "12") is None


def test_a_number_is_another_one_only_far_from_all_options() -> None:
    numbers = option_texts(("12", "15", "18"))
    assert numbers.is_another_number("40")
    assert not numbers.is_another_number("15.2")
    assert not numbers.is_another_number("1500")
    assert not numbers.is_another_number("forty")


def test_the_longest_of_overlapping_texts_is_named() -> None:
    assert PLANETS.named_in("it is red mars") == [3]
    assert PLANETS.named_in("venus and earth") == [1, 2]


def test_an_options_text_is_seen_behind_a_letter() -> None:
    assert PLANETS.text_behind("B) Venus, which", 1) == (1, 8, ") ")
    assert PLANETS.text_behind("B) Venusian", 1) is None
