"""Plus-minus, and values with their names before them."""

from distill.verifiers.math_answer.reading.parse import parse, readings
from distill.verifiers.math_answer.tree import Items, Phrase, Quantity


def test_several_plus_minus_go_together_or_each_on_its_own() -> None:
    lists = [tree for tree in readings(r"(\pm 5, \pm 7)") if isinstance(tree, Items)]
    assert [len(tree.items) for tree in lists] == [2, 4]
    assert len(set(lists[1].items)) == 4


def test_a_minus_plus_ties_them() -> None:
    assert len(readings(r"\pm 5 \mp 7")) == 1


def test_named_values_of_a_list_are_quantities() -> None:
    tree = parse(r"\text{Ducks: } 4,\ \text{Geese: } 9")
    assert isinstance(tree, Items)
    assert [item.unit for item in tree.items if isinstance(item, Quantity)] == ["ducks", "geese"]


def test_a_single_named_value_stays_words() -> None:
    assert isinstance(parse("Attempt: 4"), Phrase)
