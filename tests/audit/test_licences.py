"""Which licences rows have, and which do not go together."""

import pytest

from distill.audit.measures.licences import licence_facts


def test_licences_are_told_by_the_names_of_the_hub() -> None:
    found = licence_facts({"MIT License": {"a": 6, "b": 2}, "apache-2.0": {"c": 3}, "": {"d": 1}, "my own": {"e": 1}})
    assert found is not None
    assert [(share.hub_id, share.num_rows) for share in found.rows] == [
        ("mit", 8),
        ("apache-2.0", 3),
        (None, 1),
        (None, 1),
    ]
    assert found.rows[0].sources == {"a": 6, "b": 2}
    assert (found.unstated.num, found.unknown.num, found.unknown.num_examined) == (1, 1, 13)
    assert {exhibit.excerpt for exhibit in found.worst} == {"", "my own"}


def test_where_none_is_stated_nothing_was_examined() -> None:
    assert licence_facts({"": {"a": 10}, "  ": {"b": 1}}) is None


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (("cc-by-sa-4.0", "cc-by-nc-4.0"), "forbids commerce"),
        (("mit", "cc-by-nc-4.0"), "binds the whole"),
        (("gpl-3.0", "cc-by-sa-4.0"), "under themselves"),
        (("cc-by-nd-4.0",), "forbids changed copies"),
    ],
)
def test_licences_that_do_not_go_together_are_named(names: tuple[str, ...], what: str) -> None:
    found = licence_facts({name: {name: 5} for name in names})
    assert found is not None
    assert any(what in said for said in found.conflicts)


@pytest.mark.parametrize("names", [("mit", "apache-2.0", "cc-by-4.0"), ("cc-by-sa-4.0", "mit"), ("cc-by-nc-4.0",)])
def test_licences_that_go_together_are_not(names: tuple[str, ...]) -> None:
    found = licence_facts({name: {name: 5} for name in names})
    assert found is not None
    assert found.conflicts == ()


def test_a_source_under_two_licences_is_named() -> None:
    found = licence_facts({"mit": {"a": 5}, "MIT": {"a": 1}, "apache-2.0": {"a": 2, "b": 9}})
    assert found is not None
    assert found.conflicts == ("a stands under apache-2.0 (2 rows) and mit (6 rows)",)
