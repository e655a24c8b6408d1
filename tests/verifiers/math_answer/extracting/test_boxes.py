"""The boxes of a text."""

from distill.verifiers.math_answer.extracting.boxes import last_box, listed


def test_the_content_of_the_last_box_with_its_braces() -> None:
    text = r"\boxed{1}, then \boxed{\frac{a}{b}} end"
    box = last_box(text)
    assert box is not None
    assert (box.content, text[box.end :]) == (r"\frac{a}{b}", " end")


def test_a_cut_box_counts_the_braces_that_are_open() -> None:
    assert [box.depth for text in (r"\boxed{2}", r"\boxed{2", r"\boxed{\sqrt{5}{") if (box := last_box(text))] == [
        0,
        1,
        2,
    ]


def test_only_boxes_of_one_list_are_listed() -> None:
    def run(text: str) -> tuple[str, ...]:
        box = last_box(text)
        assert box is not None
        return listed(text, box)

    assert run(r"$x = \boxed{1}$ or $x = \boxed{2}$") == ("1", "2")
    assert run(r"first \boxed{1}. Then we get \boxed{2}") == ()
    assert run(r"\boxed{1} and \boxed{1}") == ()
    assert run("\\boxed{1}\n\\boxed{2}") == ("1", "2")
    assert run("\\boxed{1}\n \n\\boxed{2}") == (), "a paragraph lies between them"


def test_a_text_without_a_box_has_none() -> None:
    assert last_box("x = 1") is None
