"""The page of an audit: what it says, that it stays one harmless file, and that a browser can read it."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from distill.audit.facts import AuditFacts, Proportion
from distill.audit.page import render, write_page
from distill.audit.page_words import MAX_CHARS, cut, most, percent
from tests.audit.found import HOSTILE, LONG, everything, nothing
from tests.report.test_report import in_chromium


class Reader(HTMLParser):
    """Its elements, and its text as a reader sees it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))


def read(facts: AuditFacts) -> Reader:
    return Reader(render(facts))


def test_it_is_one_file_that_runs_no_script_and_names_no_other_place() -> None:
    page = read(everything())
    assert {tag for tag, _ in page.elements} & {"script", "img", "link", "iframe", "object", "embed", "form"} == set()
    targets = [value for _, attributes in page.elements for name in ("src", "href") if (value := attributes.get(name))]
    assert targets and all(target.startswith("#") for target in targets)
    policy = next(each for _, each in page.elements if each.get("http-equiv"))
    assert "default-src 'none'" in str(policy["content"]) and "script-src 'none'" in str(policy["content"])


def test_text_of_a_dataset_stays_text_wherever_it_is_quoted() -> None:
    page = read(everything())
    assert page.text.count(re.sub(r"\s+", " ", HOSTILE)) > 20
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)


@pytest.mark.parametrize(
    "said",
    [
        "10,240 rows with 10,000 traces were read: the first rows only, as was asked for",
        "6.4% of traces bear a certain sign of being cut off (640 of 10,000; 95% interval 5.9% to 6.9%)",
        "2.3% of traces that the set calls right fail with us (120 of 5,120; 95% interval 2.0% to 2.8%)",
        "– of answers are in another language than their prompt (there are none whose language,",
        "Many traces end together at 16,384 tokens",
        "Rows of olympiads state two licences: apache-2.0 and cc-by-nc-4.0.",
        "conversations[].value",
        "reasonrows or traces no trace in `generations`200",
        "half below 2,350",
    ],
)
def test_it_says_what_was_found_with_its_interval(said: str) -> None:
    assert said in read(everything()).text


def test_each_measure_has_a_tile_that_leads_to_its_section() -> None:
    page = read(everything())
    targets = [str(each["href"])[1:] for tag, each in page.elements if tag == "a" and each.get("class") == "tile"]
    sections = [str(each["id"]) for tag, each in page.elements if tag == "section"]
    assert sorted(targets) == sorted(sections[:8])
    assert sections[8:] == ["roles", "set-aside"]


def test_what_could_not_be_examined_says_why_and_shows_no_number() -> None:
    page = read(nothing())
    for name in (
        "contamination",
        "duplicates",
        "labels",
        "languages",
        "truncation",
        "repetition",
        "lengths",
        "licences",
    ):
        assert f"Not examined: there is no column for {name}" in page.text
    assert "%" not in page.text.partition("Intervals are")[0]
    assert "could not be read" not in page.text


def test_a_tile_falls_back_on_what_could_be_examined() -> None:
    facts = everything()
    assert facts.duplicates is not None and facts.languages is not None
    without = facts.model_copy(
        update={
            "duplicates": facts.duplicates.model_copy(update={"copies": None}),
            "languages": facts.languages.model_copy(update={"trace_differs": None}),
        }
    )
    text = read(without).text
    assert "of traces repeat an earlier trace: 20 of 10,000" in text
    assert "of traces change their language midway: 3 of 10,000" in text


def test_cells_where_the_set_and_we_disagree_are_framed() -> None:
    found = re.findall(r'<td class="marked">([\d,]+)</td>', render(everything()))
    assert found == ["120", "60", "400"]


def test_charts_say_in_words_what_they_show() -> None:
    text = render(everything())
    drawings = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(drawings) == 2
    for drawing in drawings:
        assert 'role="img"' in drawing and "<title>Lengths of traces in " in drawing
        assert "<desc>8,000 traces from 102 to 25,000 tokens; half are shorter than 2,350, 95% are" in drawing
        assert drawing.count("<rect") == 30


def test_a_long_excerpt_is_cut_and_says_by_how_much() -> None:
    assert cut(LONG) == f"{LONG[:MAX_CHARS]}\n… {len(LONG) - MAX_CHARS:,} more characters"
    assert cut("x" * MAX_CHARS) == "x" * MAX_CHARS
    assert LONG not in render(everything())


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "0%"), (1.0, "100%"), (1e-7, "0.000010%"), (0.00012, "0.012%"), (0.125, "12.5%"), (0.99996, "99.9960%")],
)
def test_a_share_is_never_rounded_to_none_or_all(share: float, said: str) -> None:
    assert percent(share) == said


def test_a_long_table_ends_with_the_sum_of_what_is_left() -> None:
    counts = {f"reason {number}": number for number in range(1, 31)}
    shown = most(counts)
    assert len(shown) == 12 and sum(shown.values()) == sum(counts.values())
    assert next(iter(shown)) == "reason 30" and list(shown)[-1] == "19 others"


def test_a_measure_that_found_nothing_says_of_how_many() -> None:
    none = Proportion.of(0, 500)
    facts = everything()
    assert facts.truncation is not None
    truncation = facts.truncation.model_copy(update={"traces": none, "signs": {}, "worst": ()})
    text = read(facts.model_copy(update={"truncation": truncation})).text
    assert "0% of traces bear a certain sign of being cut off (0 of 500; 95% interval 0% to 0.76%)" in text


PHONE = """
const frame = document.createElement("iframe");
frame.style.cssText = "width: 390px; height: 844px; border: 0";
document.body.append(frame);
const inside = frame.contentDocument;
inside.open();
inside.write("<!doctype html>" + document.head.outerHTML + document.querySelector("main").outerHTML);
inside.close();
inside.querySelectorAll("details").forEach((each) => { each.open = true; });
result.overflow = inside.documentElement.scrollWidth;
result.label = inside.querySelector("svg.histogram text").getBoundingClientRect().height;
result.folded = [...document.querySelectorAll("details")].every((each) => !each.open);
result.title = document.title;
"""


@pytest.mark.debian
def test_a_phone_shows_all_of_it_without_scrolling_aside(tmp_path: Path) -> None:
    write_page(everything(), tmp_path / "audit.html")
    result = in_chromium(tmp_path / "audit.html", PHONE, tmp_path)
    assert isinstance(result["overflow"], int) and result["overflow"] <= 390
    assert isinstance(result["label"], float | int) and result["label"] > 10
    assert result["folded"]
    assert result["title"] == f"Audit of data/{HOSTILE}, open/thoughts · distill"
