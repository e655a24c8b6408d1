import pytest

from distill.hub.card_merge import WHOLE, merge_cards
from distill.hub.sections import parts_of, section


def card(**texts: str) -> str:
    return "\n\n".join(section(name, text) for name, text in texts.items()) + "\n"


OLD = card(intro="# One", limits="None.")


def test_parts_are_the_whole_text() -> None:
    text = f"Before\n{OLD}\n<!-- distill: begin open -->\nx <!-- distill: end other -->\n{section('intro', 'again')}"
    assert "".join(part.text for part in parts_of(text)) == text
    assert [part.name for part in parts_of(text) if part.name] == ["intro", "limits"]


@pytest.mark.parametrize("theirs", [None, OLD, card(intro="# Two", limits="None.")])
def test_without_a_maintainers_word_the_card_is_ours(theirs: str | None) -> None:
    ours = card(intro="# Two", limits="None.")
    assert merge_cards(OLD, ours, theirs).text == ours
    assert merge_cards(OLD, ours, theirs).edits == ()


def test_text_around_sections_stays_word_for_word() -> None:
    theirs = "Hello,\n\n  you. \n" + OLD.replace("\n\n<", "\n\n* between *\n\n\n<") + "\tEnd, without a line break"
    merged = merge_cards(OLD, card(intro="# Two", limits="Few."), theirs)
    assert merged.text == theirs.replace("# One", "# Two").replace("None.", "Few.")
    assert (merged.num_kept_lines, merged.edits) == (4, ())


def test_line_breaks_stay_those_of_the_hub() -> None:
    theirs = ("Mine.\n" + OLD).replace("\n", "\r\n")
    assert merge_cards(OLD, OLD, theirs).text == theirs


def test_a_new_section_stands_behind_the_one_before_it() -> None:
    merged = merge_cards(OLD, card(intro="# One", yield_="1 of 2", limits="None."), OLD + "End.\n").text
    assert merged.index("# One") < merged.index("1 of 2") < merged.index("None.") < merged.index("End.")


def test_a_section_that_the_maintainer_removed_stays_away() -> None:
    theirs = card(intro="# One")
    merged = merge_cards(OLD, card(intro="# Two", limits="Few."), theirs)
    assert (merged.text, merged.kept) == (card(intro="# Two"), ("section `limits`, which is gone",))


def test_a_section_that_we_drop_goes_unless_it_was_edited() -> None:
    ours = card(intro="# One")
    assert "limits" not in merge_cards(OLD, ours, OLD).text
    (edit,) = merge_cards(OLD, ours, OLD.replace("None.", "Mine.")).edits
    assert edit.what == "section `limits`"


def test_an_edit_of_a_section_that_we_change_is_handed_back_with_its_difference() -> None:
    ours, theirs = card(intro="# One", limits="Few."), OLD.replace("None.", "Mine.")
    merged = merge_cards(OLD, ours, theirs)
    assert "-None.\n+Mine." in merged.edits[0].difference
    assert merge_cards(OLD, ours, theirs, is_ours_meant=True).text == ours


def test_an_edit_of_a_section_that_we_do_not_change_stays() -> None:
    theirs = OLD.replace("None.", "Mine.")
    merged = merge_cards(OLD, OLD, theirs)
    assert (merged.text, merged.edits, merged.kept) == (theirs, (), ("section `limits`",))


def test_a_card_without_marks_is_one_text() -> None:
    assert merge_cards("# One\n", "# Two\n", "# One\n").text == "# Two\n"
    assert merge_cards("# One\n", "# One\n", "# Mine\n").text == "# Mine\n"
    assert [edit.what for edit in merge_cards("# One\n", "# Two\n", "# Mine\n").edits] == [WHOLE]
    assert merge_cards("# One\n", card(intro="# Two"), "# One\n").text == card(intro="# Two")


def test_a_text_that_was_there_before_us_stands_above_ours() -> None:
    assert merge_cards(None, OLD, "# My plan").text == f"# My plan\n\n{OLD.replace(chr(10) * 2, chr(10) * 3)}"


def test_a_body_right_behind_its_header_stays_there() -> None:
    assert merge_cards(OLD, OLD, f"---\nextra: 1\n---\n{OLD}").text == f"---\nextra: 1\n---\n{OLD}"
    assert merge_cards(None, f"---\na: 1\n---\n\n{OLD}", "Text\n").text.startswith("---\na: 1\n---\n\nText\n")
