"""Where in an answer the answer is found, by which rule, and when it is no clear statement."""

import pytest

from distill.verifiers.math_answer import Extraction, extract
from distill.verifiers.math_answer.extracting.extract import TAIL


def found(answer: str) -> Extraction:
    extraction = extract(answer)
    assert extraction is not None
    return extraction


@pytest.mark.parametrize(
    ("answer", "text", "rule"),
    [
        (r"Thus $x = \boxed{\frac{1}{2}}$.", r"\frac{1}{2}", "boxed"),
        (r"\boxed{1} is too small. \boxed{2}", "2", "boxed"),
        (r"\fbox{8}", "8", "boxed"),
        (r"\boxed 5", "5", "boxed"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}", "boxed"),
        (r"$\boxed{28}$ percent", r"28\%", "boxed"),
        ("In the end \x08oxed{6}", "6", "boxed"),
        (r"\boxed{<answer>0.5c</answer>}", "0.5c", "boxed"),
        (r"\boxed{The angle at C is 90 degrees.}", "90 degrees", "boxed"),
        (r"\boxed{Yes, the series converges for all of them.}", "Yes", "boxed"),
        (r"\boxed{decreasing on (2, 5)}", "decreasing on (2, 5)", "boxed"),
        (r"\boxed{255} is interest. Final Answer: The final answer is $10,455$.", "$10,455$", "marker"),
        (r"\boxed{60}, so <answer>60</answer>", "60", "tag"),
        ("<think>\nNo, 4.\n</think>\nThe sum is 5.", "5", "sentence"),
        ("**Answer:** 31", "31", "marker"),
        (r"\frac{3}{4}", r"\frac{3}{4}", "whole"),
        ("12 cm", "12 cm", "whole"),
        ("∴ 42", "42", "whole"),
        ("No solution", "No solution", "whole"),
        ("Adding up, we get 18 in total.", "18", "sentence"),
        ("It follows that $x = 3$.", "x = 3", "sentence"),
        ("一共有**96本**书。", "96", "sentence"),
    ],
)
def test_the_last_mark_counts_else_a_short_whole_else_the_last_sentence(answer: str, text: str, rule: str) -> None:
    extraction = found(answer)
    assert (extraction.text, extraction.rule, extraction.doubt) == (text, rule, "")


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "   ",
        r"\boxed{}",
        r"\boxed{7} was wrong, so \boxed{ }",
        r"so \boxed{\frac{1}{",
        r"<think>\boxed{5}",
        r"<think>\boxed{5}</think>",
        "I cannot solve this.",
    ],
)
def test_no_answer_at_all(answer: str) -> None:
    assert extract(answer) is None


@pytest.mark.parametrize(
    ("answer", "doubt"),
    [
        (r"\boxed{2", "the box is cut off"),
        (r"\boxed{42}. Wait, that counts the guests twice.", "the answer is taken back"),
        (r"The total is not \boxed{42}.", "the answer is denied"),
        ("There were 42 visitors. How many of them paid is not said.", "no statement of the answer"),
        ("```python\nprint(6 * 7)\n```", "no statement of the answer"),
        ("maybe 9", "the answer is in doubt"),
        (
            "5 + 4 = 9, 9 + 2 = 11 and so on.\nWhy this holds in general is another matter.",
            "no statement of the answer",
        ),
    ],
)
def test_what_is_no_clear_statement_says_why(answer: str, doubt: str) -> None:
    assert found(answer).doubt == doubt


def test_a_retraction_that_leads_to_another_answer_is_followed() -> None:
    extraction = found(r"\boxed{31}. Wait, the question asks for the rest. The answer is 13.")
    assert (extraction.text, extraction.doubt) == ("13", "")


def test_a_sentence_may_repeat_what_a_program_printed() -> None:
    assert found("```output\n16.0\n```\n16 runners think that runner #12 will win.").text == "16"


def test_remarks_around_an_answer_do_not_hide_it() -> None:
    assert found("So the total is 96. (Check: 4 · 24 = 96.) I hope this helps!").text == "96"


def test_what_a_model_goes_on_with_after_its_turn_is_cut() -> None:
    assert found("So the total is 96.<|im_end|>\n<|im_start|>user\nWhat is 2 + 2?").text == "96"


def test_boxes_side_by_side_are_one_run() -> None:
    assert found(r"The roots are \boxed{1} and \boxed{3}.").run == ("1", "3")


def test_boxes_in_different_sentences_are_not() -> None:
    assert found(r"We guess \boxed{1}. In fact it is \boxed{3}.").run == ()


def test_long_prose_before_the_box_does_not_matter() -> None:
    assert found("So $x = 1$ follows, and then $y$. " * 30_000 + r"\boxed{5}").text == "5"


@pytest.mark.parametrize("head", ["1 ", "$", "(", "the answer: ", "<<", "so 7 ", "because, "])
def test_without_a_box_nothing_before_the_tail_is_looked_at(head: str) -> None:
    tail = ("word " * TAIL)[: TAIL - 22] + "\nThe number of ways is 12."
    assert extract(head * 10_000 + tail[-TAIL:]) == extract("z" + tail[-TAIL:])


@pytest.mark.parametrize("piece", ["{", r"\boxed{", "$", "the answer: ", "1 ", r"\boxed", "((", "a" * 50 + " "])
def test_a_megabyte_of_anything_is_survived(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    extraction = extract(text)
    assert extraction is None or extraction.text in text


@pytest.mark.parametrize("answer", ["- x = 2\n- x = 5", "x = 2\ny = 5", "(a) The sum is 5.\n(b) The product is 6."])
def test_the_last_of_several_lines_is_not_the_answer(answer: str) -> None:
    assert found(answer).doubt == "one of several lines"


def test_a_conclusion_among_such_lines_is() -> None:
    assert found("- Pens: $6\n- Books: $20\n- Total: $26").text == "$26"
