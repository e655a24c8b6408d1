"""In which language prompts, traces and answers are, and what is no other language."""

import pytest

from distill.audit.measures.tongues import ANSWER, SWITCH, TRACE, tongues
from distill.audit.trace_row import TraceRow
from tests.audit.traces import thought

ENGLISH = (
    "Let us first compute how many apples there are. If each of the boxes has seven apples, then there are "
    "twenty-one of them, which is the number that was asked for. "
)
GERMAN = (
    "Zuerst überlegen wir, wie viele Äpfel es gibt. Wenn jede der Kisten sieben Äpfel enthält, dann sind es "
    "zusammen einundzwanzig Stück, und das ist die gesuchte Zahl für die Aufgabe. "
)
PLAIN_GERMAN = (
    "Wir haben also drei Kisten mit je sieben davon. Das ist nicht viel, aber es reicht, wenn man nur die Summe sucht. "
    "Dann sind es einundzwanzig."
)
PLAIN_FRENCH = (
    "On a donc trois caisses avec sept fruits dans chacune. Il faut faire le produit, et non la somme des deux nombres "
    "qui sont dans le texte."
)
PLAIN_SPANISH = (
    "Tenemos tres cajas con siete frutas en cada una. Entonces hay que hacer el producto, y no la suma de los dos "
    "valores que da el texto."
)
PLAIN_ITALIAN = (
    "Abbiamo quindi tre casse con sette frutti in ognuna. Si deve fare il prodotto, non la somma dei due numeri che "
    "sono nel testo."
)
PLAIN_DUTCH = (
    "We hebben dus drie kisten met zeven stuks. Dan moet je het product van de twee nemen, en niet de som die in de "
    "tekst wordt genoemd."
)
CHINESE = "首先我们计算一共有多少个苹果。如果每个箱子里有七个苹果，那么一共有二十一个苹果，这就是所求的数。"
RUSSIAN = "Сначала посчитаем, сколько всего яблок. Если в каждом ящике семь яблок, то всего их двадцать одно. "
JAPANESE = "まず、りんごが全部でいくつあるかを計算します。箱ごとに七個のりんごがあるので、答えは二十一個です。"
ASKED = "There are three boxes with seven apples each. How many apples are there in these boxes?"

FOUND = [
    ("the trace is in another language", thought(CHINESE, ENGLISH, ASKED), {TRACE}),
    ("the answer is in another language", thought(ENGLISH, GERMAN, ASKED), {ANSWER}),
    ("both are", thought(CHINESE, CHINESE, ASKED), {TRACE, ANSWER}),
    ("a Chinese sentence inside", thought(ENGLISH * 5 + CHINESE + ENGLISH, ENGLISH, ASKED), {SWITCH}),
    ("a Chinese word inside", thought(f"{ENGLISH * 5}So the 结果 is clear. {ENGLISH}", ENGLISH, ASKED), {SWITCH}),
    (
        "a Russian phrase inside Chinese",
        thought(CHINESE, CHINESE + "финансовые показатели" + CHINESE, CHINESE),
        {SWITCH},
    ),
    ("Hangul inside Chinese", thought(CHINESE, CHINESE + "전망이" + CHINESE, CHINESE), {SWITCH}),
    ("English sentences inside Chinese", thought(CHINESE * 3 + ENGLISH, CHINESE, CHINESE), {SWITCH}),
    ("a German paragraph inside English", thought("\n\n".join([ENGLISH] * 4 + [GERMAN]), ENGLISH, ASKED), {SWITCH}),
    *(
        (
            f"a paragraph in {name} without accents",
            thought("\n\n".join([ENGLISH] * 4 + [text]), ENGLISH, ASKED),
            {SWITCH},
        )
        for name, text in (
            ("German", PLAIN_GERMAN),
            ("French", PLAIN_FRENCH),
            ("Spanish", PLAIN_SPANISH),
            ("Italian", PLAIN_ITALIAN),
            ("Dutch", PLAIN_DUTCH),
        )
    ),
    ("Chinese inside the answer", thought(ENGLISH, ENGLISH * 4 + "所以答案是二十一", ASKED), {SWITCH}),
]
NOTHING = [
    ("one language", thought(ENGLISH, ENGLISH, ASKED)),
    ("one other language", thought(GERMAN, GERMAN, GERMAN)),
    ("Japanese has two scripts", thought(JAPANESE * 2, JAPANESE, JAPANESE)),
    ("Greek letters", thought(ENGLISH * 3 + "Let α, β, γ, δ, ε be the angles and Σαβγδ their sum.", ENGLISH, ASKED)),
    ("chemistry and powers", thought(ENGLISH * 3 + "H₂SO₄ and CH₃CH₂OH, 6.022 × 10²³ mol⁻¹, xⁿ", ENGLISH, ASKED)),
    ("signs of mathematics", thought(ENGLISH * 3 + "ℝ ⊂ ℂ, 𝔸 ∀x ∃y, ℵ₀ and ∑", ENGLISH, ASKED)),
    ("a quotation", thought(ENGLISH * 3 + "He wrote “首先我们计算” on the board.", ENGLISH, ASKED)),
    ("a gloss", thought(ENGLISH * 3 + "She was born in Beijing (北京市) in 1970.", ENGLISH, ASKED)),
    ("code", thought(ENGLISH * 3 + "\n```python\nname = 'Привет, мир'\n```\n", ENGLISH, ASKED)),
    ("a code span", thought(ENGLISH * 3 + "The string `Привет, мир` has eleven letters.", ENGLISH, ASKED)),
    ("a formula in words", thought(ENGLISH * 3 + r"\(\text{总数} = 3 \times 7\)", ENGLISH, ASKED)),
    ("a lost backslash", thought(ENGLISH * 3 + "\text{apples} \text{boxes} " * 20, ENGLISH, ASKED)),
    (
        "a name with accents",
        thought(ENGLISH * 3 + "Erdős, Gödel, Poincaré, Lebesgue, Hölder, Möbius, Łukasiewicz.", ENGLISH, ASKED),
    ),
    (
        "names with small words",
        thought(
            f"{ENGLISH}\n\nHe met Oscar de la Hoya, Guillermo del Toro, Vincent van Gogh, Dick van Dyke, Leonardo da "
            f"Vinci, Otto von Bismarck, and the people of Los Angeles, El Paso, La Paz and Le Mans.\n\n{ENGLISH}",
            ENGLISH,
            ASKED,
        ),
    ),
    (
        "words of other languages in a list",
        thought(
            f"{ENGLISH}\n\n- Spanish: el, los, las, una, por, para, con\n- German: und, nicht, wir, sich, auf, mit\n\n"
            f"{ENGLISH}",
            ENGLISH,
            ASKED,
        ),
    ),
    (
        "code without a fence",
        thought(
            f"{ENGLISH}\n\nfor i in range(n): if s[i] == 'a' and el not in los: un += 1; es = da + de - con * por / al"
            f"\n\n{ENGLISH}",
            ENGLISH,
            ASKED,
        ),
    ),
    (
        "the prompt has it",
        thought(f"{ENGLISH}The word 苹果 means apple.", ENGLISH, f"{ASKED} What is 苹果 in English?"),
    ),
    ("the prompt asks for it", thought(ENGLISH, GERMAN, f"{ASKED} Answer in German, please.")),
    (
        "acronyms in Chinese",
        thought(f"{CHINESE * 2}CIPS、API 和 GDP 以及 Python 都很重要。{CHINESE}", CHINESE, CHINESE),
    ),
    ("formulas alone", thought("x = 3 * 7 = 21", "21", ASKED)),
    ("no prompt", thought(ENGLISH, ENGLISH, "")),
]


@pytest.mark.parametrize(("why", "row", "signs"), FOUND, ids=[case[0] for case in FOUND])
def test_another_language_is_found(why: str, row: TraceRow, signs: set[str]) -> None:
    assert {found.sign for found in tongues(row).findings} == signs


@pytest.mark.parametrize(("why", "row"), NOTHING, ids=[case[0] for case in NOTHING])
def test_what_is_no_other_language_is_not(why: str, row: TraceRow) -> None:
    assert tongues(row).findings == []


def test_the_languages_are_told_apart_by_prompt_trace_and_answer() -> None:
    found = tongues(thought(CHINESE, GERMAN, ASKED))
    assert (found.prompt, found.trace, found.answer) == ("en", "zh", "de")


def test_what_is_not_certain_is_none() -> None:
    found = tongues(thought("1 + 1 = 2", "2", "1 + 1 = ?"))
    assert (found.prompt, found.trace, found.answer) == (None, None, None)


def test_another_script_is_called_what_a_reader_calls_it() -> None:
    (found,) = tongues(thought(f"{ENGLISH * 5}So the 结果 is clear. {ENGLISH}", ENGLISH, ASKED)).findings
    assert found.why == "Chinese characters inside a text in Latin letters, first '结果'"


def test_the_script_that_a_text_switches_to_is_named() -> None:
    assert tongues(thought(ENGLISH * 5 + RUSSIAN, ENGLISH, ASKED)).switched_to == ("Cyrillic letters",)
