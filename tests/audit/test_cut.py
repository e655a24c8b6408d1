"""Which traces end before they are done, and which only look like it."""

import pytest

from distill.audit.measures.cut import MID_SENTENCE, NO_ANSWER, OPEN_MARKUP, OPEN_TAG, STATED, cut_signs
from tests.audit.traces import trace

THINK = "<think>\nWe add two and two.\n</think>\n\n"
PROSE = "The sum of the two numbers is found by counting on from the first of them. " * 4
FENCED = "```python\nprint(2 + 2)\n```"

CUT = [
    ("the set says so", trace(THINK + "It is 4", finish="length"), STATED),
    ("the set says so in another word", trace(THINK + "It is 4", finish="MAX_TOKENS"), STATED),
    ("the connection broke", trace(THINK + "It is", finish="abort"), STATED),
    ("thinking never ends", trace("<think>\nWe add two and two. Wait, let me"), OPEN_TAG),
    ("thinking in other tags never ends", trace("<|begin_of_thought|>\nWe add two and"), OPEN_TAG),
    ("gpt-oss never comes to its final channel", trace("<|channel|>analysis<|message|>We add two"), OPEN_TAG),
    ("thinking ends and nothing follows", trace("<think>\nWe add two and two.\n</think>\n\n"), NO_ANSWER),
    ("the box is open", trace(THINK + r"So it is \boxed{\frac{1}{2"), OPEN_MARKUP),
    ("the second box is open", trace(THINK + r"\boxed{4}, so \boxed{\text{four"), OPEN_MARKUP),
    ("the program is open", trace(THINK + "```python\ndef add(a, b):\n    return a +"), OPEN_MARKUP),
    ("a second program is open", trace(THINK + f"{FENCED}\n\nor\n\n```python\nprint(2"), OPEN_MARKUP),
    ("a program in a list is open", trace(THINK + "1. Run\n   ```sh\n   echo $((2 +"), OPEN_MARKUP),
]
WHOLE = [
    ("short", trace(THINK + "4")),
    ("a formula ends it", trace(THINK + r"\[ 2 + 2 = 4 \]")),
    ("no reasoning at all", trace("The answer is 4.")),
    ("the set says that it stopped", trace(THINK + "It is 4.", finish="stop")),
    ("a word that nobody knows", trace(THINK + "It is 4.", finish="tool_calls")),
    ("a closed program", trace(THINK + FENCED)),
    ("a longer fence has a shorter one inside", trace(THINK + "````md\n```\ncode\n````")),
    ("a stray fence at the end", trace(THINK + "It is 4.\n\n```")),
    ("a fence spoken of", trace(THINK + "Write ``` before and after the code.")),
    ("the reasoning has an open box", trace("<think>\nso \\boxed{ is how to\n</think>\n\n\\boxed{4}")),
    ("a box with braces", trace(THINK + r"\boxed{\left\{ \frac{a}{b} \right\}}")),
    ("an empty completion, which is no trace", trace("")),
    ("a tag that is spoken of", trace(THINK + "Use the `<think>` tag to think.")),
]


@pytest.mark.parametrize(("why", "row", "sign"), CUT, ids=[case[0] for case in CUT])
def test_a_cut_trace_has_its_sign(why: str, row: object, sign: str) -> None:
    assert sign in [found.sign for found in cut_signs(row) if found.is_certain]  # type: ignore[arg-type]


@pytest.mark.parametrize(("why", "row"), WHOLE, ids=[case[0] for case in WHOLE])
def test_a_whole_trace_has_none(why: str, row: object) -> None:
    assert [found for found in cut_signs(row) if found.is_certain] == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "end", [r"So it is \boxed{4", r"So it is $\boxed{4$.", "So it is \\boxed{4\n\nLet me know.", "```python\nprint(4)"]
)
def test_markup_that_was_forgotten_is_a_hint_where_the_set_says_that_it_stopped(end: str) -> None:
    (found,) = cut_signs(trace(THINK + end, finish="stop"))
    assert (found.sign, found.is_certain) == (OPEN_MARKUP, False)


@pytest.mark.parametrize(
    "end", [r"So it is \boxed{\frac{1", r"So it is $\boxed{4", r"So \(x = 4\), and \(y = \boxed{5"]
)
def test_an_end_within_a_box_and_its_formula_is_a_cut_whatever_the_set_says(end: str) -> None:
    (found,) = cut_signs(trace(THINK + end, finish="stop"))
    assert (found.sign, found.is_certain) == (OPEN_MARKUP, True)


@pytest.mark.parametrize("end", ["and so", "which gives 2 +", "namely,"])
def test_an_end_within_a_sentence_is_a_hint_only(end: str) -> None:
    (found,) = cut_signs(trace(THINK + PROSE + end))
    assert (found.sign, found.is_certain) == (MID_SENTENCE, False)


def test_the_example_shows_where_it_ends() -> None:
    (found,) = cut_signs(trace("<think>\n" + "We add. " * 200 + "Wait, but"))
    assert found.excerpt.startswith("…")
    assert found.excerpt.endswith("Wait, but")
