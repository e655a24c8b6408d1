import pytest

from distill.dataset.detectors import Tools, TraceText, last_box
from distill.dataset.filters import TEXT_FILTERS, first_reason, parse_filters
from distill.errors import RecipeError
from distill.language import identify
from distill.recipe.sections import DEFAULT_FILTERS

TOOLS = Tools(identify, lambda one, other: one == other)
ENGLISH = "We need the sum of the first hundred numbers. Pair the first with the last: each pair gives 101. "
CHINESE = "我们需要计算前一百个数的和。把第一个数和最后一个数配对，每一对的和是一百零一，一共有五十对。"
GERMAN = (
    "Zunächst müssen wir die Gleichung nach der gesuchten Größe auflösen, und danach prüfen wir, ob das Ergebnis für "
)
GERMAN += "alle natürlichen Zahlen gültig ist, denn sonst wäre die Lösung nicht vollständig und müsste ergänzt werden."
FRENCH = "D'abord, il faut résoudre l'équation par rapport à l'inconnue, puis vérifier que le résultat est également "
FRENCH += "vrai pour tous les entiers naturels, car sinon la solution serait incomplète et devrait être complétée."


@pytest.mark.parametrize(
    ("name", "reasoning", "answer", "is_dropped"),
    [
        ("unanswered", ENGLISH, " \n", True),
        ("unanswered", ENGLISH, "5050", False),
        ("no_reasoning", "", "5050", True),
        ("no_reasoning", ENGLISH, "5050", False),
        ("mixed_language", ENGLISH * 5, "", False),
        ("mixed_language", CHINESE * 3, "", False),
        ("mixed_language", ENGLISH * 5 + CHINESE, "", True),
        ("mixed_language", ENGLISH * 5 + "The word 你好 means hello.", "", False),
        (
            "mixed_language",
            CHINESE * 3 + "设 $x + y = \\text{the sum of all the pairs}$，所以 sin(x) 成立。",
            "",
            False,
        ),
        ("mixed_language", ENGLISH * 3 + "Since α ≤ β and √2 ≈ 1.41 × π, the naïve café bound holds.", "", False),
        ("mixed_language", f"{GERMAN}\n\n{FRENCH}", "", True),
        ("mixed_language", f"{GERMAN}\n\n{GERMAN}", "", False),
        ("mixed_language", ENGLISH * 4 + "Сначала нужно найти сумму всех чисел, затем проверить ответ.", "", True),
        ("repetition", ENGLISH + "Wait, let me check that again, since it may be wrong. " * 12, "", True),
        (
            "repetition",
            ENGLISH + "".join(f"Step {n}: add {n * 7} to get {n * (n + 1) * 3}.\n" for n in range(40)),
            "",
            False,
        ),
        ("repetition", ENGLISH, "", False),
        ("contradiction", r"So it is \boxed{5}.", r"\boxed{6}", True),
        ("contradiction", r"Maybe \boxed{5}, no, \boxed{\frac{1}{2}}.", r"\boxed{\frac{1}{2}}", False),
        ("contradiction", r"So it is 5.", r"\boxed{6}", False),
        ("long_paragraph", "word " * 500, "", True),
        ("long_paragraph", ("word " * 300 + "\n\n") * 4, "", False),
        ("code_block", "```python\nprint(1)\n```", "", True),
        ("code_block", "`print(1)`", "", False),
    ],
)
def test_a_filter_drops_what_it_is_for_and_nothing_else(
    name: str, reasoning: str, answer: str, is_dropped: bool
) -> None:
    assert TEXT_FILTERS[name](TraceText(reasoning, answer), TOOLS) is is_dropped


def test_the_first_filter_that_drops_gives_the_reason() -> None:
    assert first_reason(TraceText("", ""), ("unanswered", "no_reasoning"), TOOLS) == "unanswered"
    assert first_reason(TraceText("", "5"), ("unanswered", "no_reasoning"), TOOLS) == "no_reasoning"
    assert first_reason(TraceText(ENGLISH, "5"), ("unanswered", "no_reasoning"), TOOLS) is None


def test_what_was_measured_to_harm_is_off_unless_named() -> None:
    assert not {"long_paragraph", "code_block"} & set(DEFAULT_FILTERS)


def test_filters_are_asked_in_their_own_order() -> None:
    assert parse_filters(["code_block", "truncated", "unanswered"]) == ("unanswered", "code_block")


def test_an_unknown_filter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(RecipeError, match="There is no filter 'long'; filters are truncated, unanswered"):
        parse_filters(["long"])


def test_the_last_box_is_read_with_balanced_braces() -> None:
    assert last_box(r"\boxed{1} and \boxed{\frac{1}{2}}.") == r"\frac{1}{2}"
    assert last_box(r"\boxed{1") is None
    assert last_box("none") is None
