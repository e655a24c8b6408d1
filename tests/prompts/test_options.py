"""Options as people write them."""

import pytest

from distill.errors import InputError
from distill.prompts.options import are_shown, inline_options, read_options


@pytest.mark.parametrize(
    "found",
    [
        ["3", "4"], [3, 4], ["A. 3", "B. 4"], ["(A)3", "(B)4"], ["A) 3", "B) 4"], {"A": "3", "B": "4"},
        {"A": "3", "B": "4", "C": None}, [{"label": "A", "text": "3"}, {"label": "B", "text": "4"}],
        [{"A": "3"}, {"B": "4"}], [{"text": "3"}, {"text": "4"}],
        [{"key": "A", "value": "3"}, {"key": "B", "value": "4"}], {"text": ["3", "4"], "label": ["A", "B"]},
        "A) 3 B) 4", "(A) 3\n(B) 4", "3\n4", '["3", "4"]', '{"A": "3", "B": "4"}',
    ],
)  # fmt: skip
def test_options_lose_their_form_and_keep_their_text(found: object) -> None:
    assert read_options(found).texts == ("3", "4")


def test_a_letter_that_belongs_to_the_text_stays() -> None:
    assert read_options(["A. A)5(", "B. 6"]).texts == ("A)5(", "6")
    assert read_options(["A. Smith", "B. Jones", "Nobody"]).texts == ("A. Smith", "B. Jones", "Nobody")


@pytest.mark.parametrize("found", [7, ["3"], "3", [["3"], ["4"]], {"A": ["3"]}])
def test_what_is_no_list_of_options_is_an_error(found: object) -> None:
    with pytest.raises(InputError, match="choices"):
        read_options(found)


@pytest.mark.parametrize("answer", ["B", "(B)", "b", "B. 4", "(B) 4", "4", 1])
def test_an_answer_names_its_option(answer: object) -> None:
    assert read_options(["3", "4"]).place(answer) == 1


def test_labels_of_the_dataset_come_first() -> None:
    options = read_options({"text": ["3", "4", "5"], "label": ["1", "2", "3"]})
    assert [options.place(answer) for answer in ("1", "2", "3")] == [0, 1, 2]


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        ("Which is even? (A) 3 (B) 4", ("3", "4")),
        ("Which is even?\nA. 3\nB. 4", ("3", "4")),
        ("下列哪个是偶数()\nA.3  B.4", ("3", "4")),
        ("Which is even? A) 3 B) 4", ("3", "4")),
        ("Which is even?\n(A). 3\n(B). 4\nI think the answer is", ("3", "4")),
        (r"Which is even? $\textbf{(A)}\ 3 \qquad \textbf{(B)}\ 4$", ("3", "4")),
        ("Sets A and B: which is larger?(A) 3(B) 4", ("3", "4")),
        ("Which is even? A. 12 B. 13", ("12", "13")),
    ],
)
def test_options_are_read_from_the_question(question: str, texts: tuple[str, ...]) -> None:
    found = inline_options(question)
    assert found is not None
    assert found.texts == texts


@pytest.mark.parametrize("question", ["Compute f(A) + g.", "Let A and B be sets.", "See A. B. Smith, page 3.", ""])
def test_letters_are_not_yet_options(question: str) -> None:
    assert inline_options(question) is None


def test_options_that_happen_to_stand_in_the_question_are_not_shown_by_that() -> None:
    assert not are_shown(["Io", "Europa"], "Io and Europa are moons; which is nearer?")
    assert are_shown(["Io", "Europa"], "Which is nearer? (A) Io (B) Europa")
