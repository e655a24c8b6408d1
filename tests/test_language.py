import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.language import other_language, prompt_language, share_in, sure_language

ENGLISH = "First we add the two numbers, and then we divide their sum by three."
GERMAN = "Zuerst addieren wir die beiden Zahlen, und dann teilen wir ihre Summe durch drei."
CHINESE = "我们先把两个数相加，然后除以三。"
RUSSIAN = "Сначала мы складываем оба числа, а затем делим сумму на три."


@pytest.mark.parametrize(("text", "language"), [(ENGLISH, "en"), (GERMAN, "de"), (CHINESE, "zh"), (RUSSIAN, "ru")])
def test_a_text_is_wholly_in_its_own_language(text: str, language: str) -> None:
    assert share_in(text, language) == 1
    assert prompt_language(text) == language


@pytest.mark.parametrize("other", [GERMAN, CHINESE, RUSSIAN])
def test_sentences_of_another_language_lower_the_share(other: str) -> None:
    share = share_in(f"{ENGLISH} {other}\n{ENGLISH}", "en")
    assert share is not None
    assert 0.4 < share < 0.95
    assert share_in(other, "en") == 0


def test_words_of_another_script_count_within_a_sentence() -> None:
    assert share_in("We add 相加 the two 数 numbers here", "en") == pytest.approx(6 / 8)


@pytest.mark.parametrize("text", ["", "x = 4", "$\\frac{1}{2}$", "12 + 7 = 19"])
def test_a_text_without_words_has_no_share(text: str) -> None:
    assert share_in(text, "en") is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is 5 + 8?", "en"),
        ("5 + 8 = ?", "en"),
        ("计算五加八", "zh"),
        ("たす", "ja"),
        ("Сколько будет 5 + 8?", "ru"),
    ],
)
def test_a_short_prompt_is_known_by_its_script(text: str, language: str) -> None:
    assert prompt_language(text) == language


@given(st.lists(st.sampled_from([ENGLISH, GERMAN, CHINESE, RUSSIAN, "x = 4"])), st.sampled_from(["en", "zh", "ru"]))
def test_a_share_is_bounded_and_blind_to_white_space(parts: list[str], language: str) -> None:
    share = share_in("\n".join(parts), language)
    assert share is None or 0 <= share <= 1
    assert share_in("  " + "\n\n".join(parts) + " \n ", language) == share


SPANISH = (
    "Los estudiantes de una escuela compraron treinta y seis manzanas y las repartieron entre todos. Si cada uno de "
    "ellos recibió tres manzanas, ¿cuántos estudiantes hay en la escuela?"
)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (r"What is the least $n$ for which $n^2 \geq 40$?", "en"),
        ("The café’s price is 3 €. How many coffees are 18 €?", "en"),
        ("What does 你好 mean? Choose one of the words that follow.", "en"),
        (GERMAN, "de"),
        (SPANISH, "es"),
        (f"{RUSSIAN} Сколько всего яблок было у мальчика, если он отдал половину своей сестре?", "ru"),
        ("计算 $x^2$ 的值", "zh"),
        ("次の方程式を解きなさい。", "ja"),
        ("다음 방정식을 푸시오.", "ko"),
        ("จงหาค่าของ $x$", "th"),
    ],
)
def test_a_language_is_stated_where_it_is_certain(text: str, language: str) -> None:
    assert sure_language(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        r"$\frac{1}{2} + \frac{1}{3} = {?}$",
        "x = 4",
        "Wat is 3 of 4?",  # Dutch in words that English has too
        "Calcula 5 + 8.",
        f"{GERMAN} {RUSSIAN}",
        f"{SPANISH} {GERMAN}",
    ],
)
def test_no_language_is_stated_where_it_might_be_wrong(text: str) -> None:
    assert sure_language(text) is None


def test_english_words_in_formulas_do_not_make_a_text_english() -> None:
    assert sure_language(r"$f(x) = 3 \text{ if } x < 3, 4 \text{ if } x > 3$ で定義し、値を計算しなさい。") == "ja"


@given(st.text())
def test_any_text_has_a_language_or_none(text: str) -> None:
    assert (sure_language(text) or "en").isalpha()


def test_english_is_never_another_language() -> None:
    assert other_language(ENGLISH, "en") is None
    assert other_language(GERMAN, "en") == "de"
