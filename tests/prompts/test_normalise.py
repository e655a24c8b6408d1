"""What a dataset's row becomes: a clean prompt, or a reason."""

import pytest

from distill.errors import InputError
from distill.language import other_language
from distill.prompts.final_answer import final_answer
from distill.prompts.normalise import SetAside, normalise, reference_of
from distill.prompts.sources.preset import Preset, plain_preset
from distill.prompts.turns import clean
from distill.records import Prompt
from distill.references import Answer, Choice
from distill.rows.parse import Row

MATH = Preset(columns={"prompt": "problem", "answer": "answer"}, domain="math", license="MIT")
CHOICES = Preset(columns={"prompt": "problem", "answer": "answer", "choices": "options"}, domain="stem")


def prompt_of(row: Row, preset: Preset = MATH) -> Prompt:
    made = normalise(row, preset, "toy")
    assert isinstance(made, Prompt), made
    return made


def reason_of(row: Row, preset: Preset = MATH) -> str:
    made = normalise(row, preset, "toy")
    assert isinstance(made, SetAside), made
    return made.reason


def test_a_row_becomes_a_prompt_with_source_and_license() -> None:
    made = prompt_of({"problem": "  What is 2+2?\r\n", "answer": "4"})
    assert made.messages[0].content == "What is 2+2?"
    assert (made.source, made.license, made.domain) == ("toy", "mit", "math")
    assert made.reference == Answer(value="4")


@pytest.mark.parametrize(
    ("solution", "answer"),
    [
        (r"Thus $x = \boxed{\frac{1}{2}}$.", r"\frac{1}{2}"),
        (r"First \boxed{1}, then \boxed{\text{B}}", r"\text{B}"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        ("3 * 6 = <<3*6=18>>18\n#### 1,018", "1,018"),
        ("42", "42"),
        (r"an unclosed \boxed{7", r"an unclosed \boxed{7"),
    ],
)
def test_the_answer_is_taken_out_of_the_solution(solution: str, answer: str) -> None:
    assert final_answer(solution) == answer


def test_text_is_cleaned() -> None:
    assert clean("e\u0301 = \u200bx \r\n\r\n\r\n\r\ny\t\n") == "é = x\n\ny"


@pytest.mark.parametrize(
    ("problem", "answer", "reason"),
    [
        ("Prove that $1 = 1$.", "yes", "asks for a proof"),
        ("Let $n$ be odd. Show that $n^2$ is odd.", "odd", "asks for a proof"),
        ("(a) Find $x$. (b) Find $y$.", "3", "asks for several parts"),
        ("Find 1) the sum\n2) the product", "3", "asks for several parts"),
        ("Let \\[x = 1.\\] Prove that $x^2 = 1$.", "1", "asks for a proof"),
        ("What is the mode of 1, 1, 4? What is the mean?", "1, 2", "asks for several parts"),
        ("Why?", "because " * 60, "no short final answer"),
        ("Find $x$.", None, "no reference"),
    ],
)
def test_what_no_verifier_can_decide_is_set_aside(problem: str, answer: str | None, reason: str) -> None:
    assert reason_of({"problem": problem, "answer": answer}) == reason


@pytest.mark.parametrize(
    "problem",
    [
        "Compute $f(a) + f(b)$.",
        "Show your steps. Find $x$ (a real number).",
        "f(i) = 2",
        "Find $n$ such that (i) $n$ is odd and (ii) $n < 4$ is prime.",
        "Show that there is one root, and find it.",
    ],
)
def test_brackets_and_instructions_are_neither_parts_nor_proofs(problem: str) -> None:
    assert prompt_of({"problem": problem, "answer": "3"}).reference == Answer(value="3")


@pytest.mark.parametrize(("answer", "letter"), [("B", "B"), ("(b)", "B"), ("Venus", "B"), (1, "B"), ("0", "A")])
def test_a_choice_is_named_by_letter_text_or_index(answer: object, letter: str) -> None:
    made = prompt_of({"problem": "Which planet?", "answer": answer, "options": ["Mars", "Venus", "Earth"]}, CHOICES)
    assert made.reference == Choice(answer=letter, choices=("Mars", "Venus", "Earth"))
    assert made.messages[0].content == "Which planet?\n\nA. Mars\nB. Venus\nC. Earth"


def test_choices_that_are_shown_already_are_not_shown_again() -> None:
    shown = "Which planet? (A) Mars (B) Venus"
    assert (
        prompt_of({"problem": shown, "answer": "A", "options": ["Mars", "Venus"]}, CHOICES).messages[0].content == shown
    )


def test_a_text_that_is_also_an_index_is_the_text() -> None:
    assert prompt_of({"problem": "1 + 1?", "answer": "2", "options": ["2", "1", "0"]}, CHOICES).reference == Choice(
        answer="A", choices=("2", "1", "0")
    )


def test_an_answer_that_no_choice_has_is_set_aside() -> None:
    row = {"problem": "Which?", "answer": "Pluto", "options": ["Mars", "Venus"]}
    assert reason_of(row, CHOICES) == "the answer is none of the choices"


def test_choices_from_columns_do_not_all_have_the_right_one_first() -> None:
    preset = Preset(columns={"prompt": "q"}, choices=("right", "w1", "w2", "w3"), domain="stem")
    letters = set()
    for number in range(40):
        row = {"q": f"Question {number}?", "right": "yes", "w1": "no", "w2": "maybe", "w3": "never"}
        reference = prompt_of(row, preset).reference
        assert isinstance(reference, Choice)
        assert reference.choices["ABCD".index(reference.answer)] == "yes"
        letters.add(reference.answer)
    assert letters == set("ABCD")


@pytest.mark.parametrize("row", [{"answer": "four"}, {"answer": 4, "id": ["no id"], "domain": "none", "language": 7}])
def test_a_reference_is_read_whatever_else_the_row_holds(row: Row) -> None:
    answer = str(row["answer"])
    assert reference_of({"prompt": "What is 2+2?", **row}, plain_preset({})) == Answer(value=answer)


def test_a_reference_that_nothing_can_be_checked_against_is_told() -> None:
    assert reference_of({"prompt": "What is 2+2?", "answer": "Four.\nSo."}, plain_preset({})) == SetAside(
        "no short final answer", "Four.\nSo."
    )
    assert reference_of({"prompt": "What is 2+2?"}, plain_preset({})) is None


def test_a_filter_names_its_column() -> None:
    preset = MATH.model_copy(update={"keep": {"kind": ("word",)}})
    assert reason_of({"problem": "x?", "answer": "1", "kind": "proof"}, preset) == "filter on kind"


def test_a_conversation_is_taken_up_to_the_first_reply() -> None:
    preset = Preset(columns={"prompt": "turns"}, domain="general", needs_reference=False)
    turns = [
        {"from": "system", "value": "Be brief."},
        {"from": "human", "value": "Hello?"},
        {"from": "gpt", "value": "Hi."},
        {"from": "human", "value": "Bye."},
    ]
    made = prompt_of({"turns": turns}, preset)
    assert [(message.role, message.content) for message in made.messages] == [
        ("system", "Be brief."),
        ("user", "Hello?"),
    ]


@pytest.mark.parametrize("row", [{}, {"problem": ""}, {"problem": [7], "answer": "1"}])
def test_a_row_that_has_no_prompt_is_an_error(row: Row) -> None:
    with pytest.raises(InputError, match=r"prompt|turn"):
        normalise(row, MATH, "toy")


def test_plain_rows_keep_their_own_columns() -> None:
    row = {"id": "q1", "prompt": "2+2?", "answer": 4, "source": "mine", "license": "CC0"}
    made = prompt_of(row, plain_preset({}))
    assert (made.id, made.source, made.license, made.reference) == ("q1", "mine", "cc0-1.0", Answer(value="4"))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Calculate the sum of the roots of the polynomial $x^2 - 5x + 6$.", None),
        (r"Simplify $\frac{1}{2}$", None),
        ("设集合 $A$ 的元素个数为 5, 求 $x$ 的值", "zh"),
        ("Trouver la valeur de x si la somme des termes est égale à 3", "fr"),
        ("$x^2$", None),
    ],
)
def test_language_is_told_only_where_it_is_certain(text: str, language: str | None) -> None:
    assert other_language(text, "en") == language


@pytest.mark.parametrize("hidden", [-1, "²", 7, "9" * 5000])
def test_a_label_that_names_no_choice_sets_its_row_aside(hidden: object) -> None:
    """Test splits hide their labels behind -1."""
    row = {"problem": "Which is even?", "options": ["1", "2", "3"], "answer": hidden}
    assert reason_of(row, CHOICES) == "the answer is none of the choices"
