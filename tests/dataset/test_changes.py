"""What differs between two versions, given as columns of numbers, and how it reads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill.dataset.changes import WIDTH, Changes, ColumnChanges, SettingChange, changes_section, changes_text
from distill.dataset.comparing import Differences, VersionRows, WordColumn, compare, numbered

Row = tuple[int, int]
"""A prompt and a text, each by a number."""


def version(*rows: Row, domains: str = "", tokens: tuple[int, ...] = (), rates: tuple[float, ...] = ()) -> VersionRows:
    """Rows; a letter of `domains` is the domain of each."""
    prompt, text = (np.array(column, dtype=np.uint64) for column in (zip(*rows, strict=True) if rows else ((), ())))
    letters = list(domains or "m" * len(rows))
    words = sorted(set(letters))
    codes = np.array([words.index(letter) for letter in letters], dtype=np.int32)
    return VersionRows(
        prompt=prompt,
        text=text,
        place=None,
        asked=None,
        reference=None,
        num_tokens=np.array(tokens, dtype=np.int32) if tokens else None,
        pass_rate=np.array(rates) if rates else None,
        domain=WordColumn(words, codes),
        source=WordColumn([""], np.zeros(len(rows), dtype=np.int32)),
        verdict=None,
    )


def counts(found: Differences) -> tuple[int, ...]:
    total = found.total
    return total.num_kept, total.num_added, total.num_gone, total.num_replaced, total.num_replacing


def test_rows_are_kept_added_gone_or_replaced_by_another_text() -> None:
    before = version((1, 10), (2, 20), (3, 30), (3, 31))
    after = version((1, 10), (3, 31), (3, 32), (3, 33), (4, 40))
    assert counts(compare(before, after)) == (2, 1, 1, 1, 2)


def test_a_prompt_has_other_traces_only_where_none_of_its_texts_stayed() -> None:
    found = compare(version((1, 10), (2, 20), (2, 21)), version((1, 11), (2, 21), (2, 22))).prompts
    assert (found.num_both, found.num_other_traces) == (2, 1)


def test_equal_rows_are_matched_one_by_one() -> None:
    assert counts(compare(version((1, 10), (1, 10), (1, 10)), version((1, 10), (1, 10)))) == (2, 0, 0, 1, 0)


ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=12)


@given(ROWS, ROWS)
def test_every_row_of_both_versions_is_counted_once(before: list[Row], after: list[Row]) -> None:
    total = compare(version(*before), version(*after)).total
    assert total.num_kept + total.num_gone + total.num_replaced == len(before)
    assert total.num_kept + total.num_added + total.num_replacing == len(after)


@given(ROWS, ROWS)
def test_the_two_directions_agree(before: list[Row], after: list[Row]) -> None:
    there, back = compare(version(*before), version(*after)).total, compare(version(*after), version(*before)).total
    assert (there.num_kept, there.num_added, there.num_gone) == (back.num_kept, back.num_gone, back.num_added)
    assert (there.num_replaced, there.num_replacing) == (back.num_replacing, back.num_replaced)


@given(st.lists(st.integers(0, 5), max_size=30))
def test_numbered_keys_differ_and_do_not_depend_on_the_order(keys: list[int]) -> None:
    found = numbered(np.array(keys, dtype=np.uint64))
    assert len(set(found.tolist())) == len(keys)
    assert set(numbered(np.array(sorted(keys), dtype=np.uint64)).tolist()) == set(found.tolist())


def test_a_domain_has_its_own_counts() -> None:
    found = compare(version((1, 10), (2, 20), domains="mc"), version((2, 20), (3, 30), domains="cm")).domains
    assert {name: (part.num_kept, part.num_added, part.num_gone) for name, part in found.items()} == {
        "c": (1, 0, 0),
        "m": (0, 1, 1),
    }


def test_lengths_are_those_of_all_rows_and_unknown_ones_are_left_out() -> None:
    total = compare(version((1, 10), (2, 20), tokens=(10, -1)), version((1, 10), (2, 21), tokens=(10, 30))).total
    assert total.tokens_before is not None
    assert total.tokens_after is not None
    assert (total.tokens_before.num_values, total.tokens_before.mean) == (1, 10)
    assert (total.tokens_after.num_values, total.tokens_after.median) == (2, 20)


def test_pass_rates_are_of_prompts_and_moves_of_prompts_that_both_have() -> None:
    before = version((1, 10), (1, 11), (2, 20), (3, 30), rates=(0.5, 0.5, 1.0, float("nan")))
    after = version((1, 12), (2, 20), (3, 30), (4, 40), rates=(0.75, 0.5, 0.5, 0.25))
    rates = compare(before, after).total.pass_rates
    assert rates is not None
    assert (rates.num_before, rates.before, rates.num_after, rates.after) == (2, 0.75, 4, 0.5)
    assert (rates.num_both, rates.num_up, rates.num_down) == (2, 1, 1)


def test_an_empty_version_can_be_compared() -> None:
    assert counts(compare(version(), version((1, 10)))) == (0, 1, 0, 0, 0)
    assert compare(version((1, 10), tokens=(5,)), version()).total.tokens_after is None


def changes(**given: object) -> Changes:
    before = version((1, 10), (2, 20), (3, 30), domains="mmc", tokens=(10_000, 20_000, 9), rates=(0.5, 0.5, 1.0))
    after = version((1, 10), (2, 21), (4, 40), domains="mmm", tokens=(10_000, 8_000, 4), rates=(0.5, 0.75, 1.0))
    found = compare(before, after)
    whole = Changes(
        kind="dataset",
        before="v1",
        after="v2",
        joined_by="Prompts are the same where `id` is.",
        total=found.total,
        domains={"math": found.domains["m"], "code": found.domains["c"]},
        sources=found.sources,
        prompts=found.prompts,
        verdicts=(),
        columns=ColumnChanges(added=("messages",), gone=("old",), retyped=(("answer", "int64", "string"),)),
        settings=(SettingChange(name="select.filters", before='["repetition", "unanswered"]' * 9, after="[]"),),
    )
    return whole.model_copy(update=given)


def test_the_cards_section_is_markdown_under_the_earlier_versions_name() -> None:
    text = changes_section(changes())
    for line in (
        "## Since v1",
        "| domain | before | after | kept | added | gone | other text |",
        "| math | 2 | 3 | 1 | 1 | 0 | 1 |",
        "| code | 1 | 0 | 0 | 0 | 1 | 0 |",
        "| all | 3 | 3 | 1 | 1 | 1 | 1 |",
        "| math | 8,000 (-7,000) | 6,001 (-8,999) | 9,800 (-9,700) |",
        "| math | 50.0% | 75.0% | +25.0% | 1 (50.0%) | 0 |",
        "| messages | – | there |",
        "| old | there | – |",
        "| answer | int64 | string |",
    ):
        assert line in text.splitlines()
    assert "3 rows became 3: 1 stayed, 1 came with new prompts, and 1 went with theirs." in text


@pytest.mark.parametrize("name", ["math", "a source whose name is " + "very " * 30 + "long"])
def test_a_terminal_of_80_columns_holds_it(name: str) -> None:
    found = changes()
    given = changes(sources={name: found.total, "other": found.total}, examples={"added": ("q" * 90, "r" * 90)})
    assert max(map(len, changes_text(given).splitlines())) <= WIDTH


def test_only_the_largest_sources_have_a_line_and_the_others_are_counted() -> None:
    total = changes().total
    sources = {f"s{n:02}": total.model_copy(update={"num_after": n}) for n in range(40)}
    text = changes_text(changes(sources=sources))
    assert "By source (the 12 largest of 40)" in text
    assert "s39 " in text
    assert "s27 " not in text


def test_what_versions_do_not_have_is_not_told() -> None:
    text = changes_text(changes(columns=ColumnChanges(added=(), gone=(), retyped=()), settings=()))
    for title in ("Columns", "Settings", "verdicts", "By source"):
        assert title not in text
