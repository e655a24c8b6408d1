"""What a sentence states that nothing marks."""

import pytest

from distill.verifiers.math_answer.extracting.statement import field, read


def stated(sentence: str) -> tuple[str, str]:
    statement = read(sentence, is_marked=False)
    assert statement is not None
    return statement


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("In all, the tools cost $31 + $45 + $20 = $96.", "$96"),
        ("The coins are enough for $56 / $8 = 7 tickets.", "7"),
        ("In a week he rows 15 miles x 7 days = 105 miles.", "105 miles"),
        ("The bell has to ring 36/4 = 9 times.", "9"),
        ("The rate is 150 km / 2 h = 75 km/h.", "75 km/h"),
        ("We get v = -78 km/h - 52 km/h = -130 km/h.", "-130 km/h"),
        ("Hence $f(3) = 2 \\cdot 3 + 1 = 7$.", "7"),
        ("Solving gives x = -3.", "x = -3"),
        ("The line is y = 3x - 4.", "y = 3x - 4"),
        ("So the width is 5√2.", "5√2"),
        ("So the chance of rain is 5/6.", "5/6"),
        ("This gives a mean density of 1.2 g/L over the 6 h.", "1.2 g/L"),
        ("The volume of the cube with edge 3 is 27.", "27"),
        ("Each of the 4 boys owes $15, for a total of $60.", "$60"),
        ("She keeps 5, so she has 12 left.", "12"),
        ("If 5 grow, there are 30 - 5 = 25.", "25"),
        ("The paper lasts for 48 days, because 6 x 8 = 48.", "48 days"),
        ("It lasts 9 weeks, since 3 cats eat 2 bags.", "9 weeks"),
        ("Therefore, 11 of the 30 players lost both.", "11"),
        ("6 is the only even root.", "6"),
        ("Hence the largest square is 49 (64 does not fit).", "49"),
        ("a = 4 is rejected because of the root, so the only one left is a = -7.", "a = -7"),
        ("The values are a = 4 and a = -7.", "a = 4, a = -7"),
        ("So a = 4 or a = -7.", "a = 4, a = -7"),
        ("The roots are $4$ and $-7$.", "4, -7"),
        ("The odd digits are 1, 7, and 9.", "1, 7, 9"),
        ("Das Gewicht der drei Kisten beträgt 21.", "21"),
        ("Donc le produit vaut 21.", "21"),
        ("所以乘积是21。", "21"),
        ("每排9棵，共4排，所以一共有36棵。", "36"),
        ("面積は21です。", "21"),
    ],
)
def test_one_asserted_value_or_the_end_of_a_chain_counts(sentence: str, text: str) -> None:
    assert stated(sentence) == (text, "")


@pytest.mark.parametrize(
    "sentence",
    [
        "Consider a coin with 2 sides.",
        "42 pupils came to the party.",
        "That follows from equation (8).",
        "See page 31 of the book.",
        "Let me try x = 6 next.",
        "We still have to check case 3.",
        "Let me redo it in base 8.",
        "The bus is 3 euros and the train is 9 euros.",
        "There are 24 boys, and the number of girls is open.",
        "In the end there are 6 apples, 4 pears.",
        "A first guess would be 17.",
        "I think it's 21, maybe 22.",
        "I'd say about 30, give or take.",
        "The sum is = $6.50 + $2.50",
        r"= \lim_{x \to 0} \frac{x - 1}{1",
        "Je ne suis pas sûre, peut-être 13.",
        "Es sind höchstens 64.",
        "答案可能是90。",
    ],
)
def test_what_is_only_mentioned_half_said_or_one_of_several_is_in_doubt(sentence: str) -> None:
    assert stated(sentence)[1]


@pytest.mark.parametrize(
    ("sentence", "text"),
    [("x = 12", "x = 12"), ("7 + 5 = 12", "7 + 5 = 12"), ("sum of both = 12", "12"), ("12개", "12")],
)
def test_behind_a_mark_a_chain_is_taken_whole_unless_words_name_a_side(sentence: str, text: str) -> None:
    statement = read(sentence, is_marked=True)
    assert statement is not None
    assert statement.text == text


def test_words_alone_state_nothing_without_a_mark() -> None:
    assert read("The claim is proved.", is_marked=False) is None


def test_a_field_is_taken_whole_unless_a_sentence_in_it_gives_a_value() -> None:
    assert field("rejected if the sum of (x_i) exceeds 3").text == "rejected if the sum of (x_i) exceeds 3"
    assert field("The sum of both is 3.").text == "3"
    assert field("maybe 3").doubt == "the answer is in doubt"
    assert field("True, False").text == "True, False"
