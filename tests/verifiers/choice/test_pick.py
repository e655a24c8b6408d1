"""Which options a text picks."""

import pytest

from distill.references import Choice
from distill.verifiers.choice.pick import is_empty, pick, wanted

PLANETS = ("Mars", "Venus", "Earth", "Jupiter")
SPEEDS = ("10 m/s", "20 m/s", "5 m/s", "None of the above")
ROMAN = tuple("I only|II only|III only|I and II only|I and III only|II and III only|all|none|x|y".split("|"))


def letters(completion: str, choices: tuple[str, ...] = PLANETS) -> str | None:
    """The letters that are clearly picked; None where none are."""
    picked = pick(completion, choices)
    return None if picked is None or picked.doubt else "".join("ABCDEFGHIJ"[i] for i in sorted(picked.places))


@pytest.mark.parametrize(
    "completion",
    [
        "B",
        "b",
        "(B)",
        "**B**",
        "B) Venus",
        "Option B",
        "#### B",
        "B. It can't be A or C",
        "B\n\nMars is too cold.",
        "Answer: B",
        "ANSWER - B",
        "Answer choice B",
        "Ans. B",
        "The answer is:\n\n**B**",
        "The answer is **(B) Venus**.",
        "The best choice would be option B: Venus.",
        "I would choose option B",
        "By elimination, B.",
        "So B.",
        "Option B is correct.",
        "B is the answer.",
        "It must be B since A and C fail.",
        "The answer is probably B.",
        "The answer is not A but B.",
        "A is wrong because it is red. So the answer is B.",
        "I picked C first, but the answer is B.",
        "It can't be A, C or D, therefore B",
        "The answer is B. Many would fall for A here.",
        "If you chose A, look again: the answer is B.",
        r"\boxed{\text{B}}",
        r"$\boxed{\textbf{(B)}\ \text{Venus}}$",
        r"\boxed{x=2}. Answer: B",
        r"Answer: B, as \boxed{x=2}",
        r"\boxed{A} ... no, \boxed{B}",
        r"\boxed{Venus}",
        "<answer>B</answer>",
        "<answer>The correct answer is B.</answer>",
        '{"answer": "B", "reason": "A is cold"}',
        '```json\n{"final_answer": "Venus"}\n```',
        "{'choice': 'B'}",
        "Venus",
        "It is Venus.",
        "The hottest planet is Venus.",
        "Venus, not Mars.",
        "Answer: Venus because it is hot",
        "<think>I like A</think>The answer is B",
        "The answer is B.\n\nQuestion: and the largest?\nThe answer is D.",
    ],
)
def test_picks_b(completion: str) -> None:
    assert letters(completion) == "B"


@pytest.mark.parametrize(
    "completion",
    [
        "正确答案应该是B",
        "【答案】B<eoa>",
        "答案：B",
        "故选B。",
        "选项为B",
        "不是A，答案是B",
        "答案不是A，而是B",
        "A项错误，B项正确。",
        "Die Antwort lautet B.",
        "Antwort:\n\nAntwort: B",
        "Richtig ist also Antwort B.",
        "La réponse est (B).",
        "Réponse : B",
        "La bonne réponse est la B.",
        "La respuesta correcta es la opción B.",
        "Respuesta: B",
        "La respuesta no es A sino B.",
        "A alternativa correta é a letra B.",
        "Resposta: B",
        "La risposta corretta è la B.",
        "Risposta: B",
        "Правильный ответ: B",
        "Верный ответ — Б.",
        "正解はBです。",
        "答えはB",
        "選択肢Bが正しい。",
        "정답은 B입니다.",
        "답: B",
        "الإجابة الصحيحة هي B",
        "الجواب: ب",
        "सही उत्तर B है।",
        "उत्तर: (B)",
    ],
)
def test_picks_b_in_the_languages_of_teachers(completion: str) -> None:
    assert letters(completion) == "B"


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("A, C", "AC"),
        ("A and C", "AC"),
        ("ACD", "ACD"),
        (r"\boxed{A, C}", "AC"),
        (r"\boxed{A} and \boxed{C}", "AC"),
        ("The correct answers are A and C.", "AC"),
        ("答案是A、C", "AC"),
        ("Both A and C are correct.", "AC"),
        ('{"answer": ["A", "C"]}', "AC"),
    ],
)
def test_picks_several(completion: str, expected: str) -> None:
    assert letters(completion) == expected


@pytest.mark.parametrize(
    "completion",
    [
        "I do not know.",
        "A planet could be many things.",
        "As a text-based AI I see nothing.",
        "Answer:\nA good question!",
        "ANSWER: Difficult to say",
        "It is either Mars or Venus.",
        "either A or B",
        "The answer could be B.",
        "可能是A，也可能是B。",
        "Is the answer B?",
        "If the answer were B, it would be cold.",
        "Many students choose B.",
        "I initially chose B.",
        "B cells divide.",
        "Vitamin B is needed.",
        "Let A be the area. Then A = 12.",
        "A. Mars\nB. Venus\nC. Earth\nD. Jupiter",
        "A: false\nB: true\nC: true",
        "We then compare Venus with 12 + 3 = 15 and",
        "It may be 'Venus' that",
        r"\boxed{B",
        r"\boxed{A or B}",
        r"\boxed{B} Hmm, wait.",
        "The answer is (C) Venus.",
        "The answer is B. No, it is not B.",
    ],
)
def test_what_was_not_said_is_no_answer(completion: str) -> None:
    assert letters(completion) is None


def test_a_list_of_roman_numerals_behind_a_letter_is_its_text() -> None:
    assert letters("Therefore, the answer is (D) I and II only.", ROMAN) == "D"
    assert letters("Answer: I and II only", ROMAN) == "D"


def test_values_are_options() -> None:
    assert letters("v = 20 m/s", SPEEDS) == "B"
    assert letters(r"\boxed{\frac{40}{2}\text{ m/s}}", SPEEDS) == "B"
    assert letters("The answer is none of the above.", SPEEDS) == "D"


def test_a_denial_alone_picks_nothing_and_says_what_it_denies() -> None:
    picked = pick("Definitely not B.", PLANETS)
    assert picked is not None
    assert not picked.places
    assert picked.denied == frozenset({1})


def test_a_statement_is_found_behind_and_before_long_texts() -> None:
    filler = "Planets move around the sun. " * 4000
    assert letters(filler + "So the answer is B.") == "B"
    assert letters("The answer is B.\n" + filler) == "B"


def test_the_reference_names_options_by_letter_text_or_place() -> None:
    assert wanted(Choice(answer="B", choices=PLANETS)) == frozenset({1})
    assert wanted(Choice(answer="Venus", choices=PLANETS)) == frozenset({1})
    assert wanted(Choice(answer="A,C", choices=PLANETS)) == frozenset({0, 2})
    assert wanted(Choice(answer="E", choices=PLANETS)) is None
    assert wanted(Choice(answer="C", choices=("K", "C", "Q", "J"))) == frozenset({1})


def test_a_text_is_empty_where_it_has_no_word() -> None:
    assert is_empty("")
    assert is_empty(r"$\boxed{}$.")
    assert is_empty("<think>B")
    assert not is_empty(r"\boxed{B")
