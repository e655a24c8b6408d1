"""The page in a real headless Chromium, and what goes into it."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from distill.errors import RunError
from distill.recipe.sections import Price
from distill.report.facts import covered
from distill.report.math import mathml, rich
from distill.report.page import write_report
from distill.report.verdict_kinds import kind_of
from tests.runs import Drawn, Group, group, make_run

HOSTILE = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">"


def groups() -> list[Group]:
    return [
        group("one", "pass 12", "fail 30", Drawn("fail", 40, HOSTILE, f"{HOSTILE} $x^2$", "length")),
        group(
            "two", Drawn("pass", 15, r"We get \[\frac{1}{2}\] at last.", r"It is \boxed{\frac{1}{2}}."), source=HOSTILE
        ),
        group("three", "judge 9", domain="code", answer=None),
    ]


def page(folder: Path) -> Path:
    return write_report(make_run(folder / "run", groups()), price=Price(completion=2.0))


def test_the_page_is_written_into_the_run_and_names_no_other_place(tmp_path: Path) -> None:
    path = page(tmp_path)
    text = path.read_text()
    assert path == tmp_path / "run" / "report.html"
    links = set(re.findall(r"https?://[^\s\"'<>)]+", text))
    assert {link for link in links if "www.w3.org" not in link} == set()
    assert not re.findall(r"<(?:link|iframe|object|embed)\b|\bsrc=\"", text.replace(html.escape(HOSTILE), ""))


def test_untrusted_text_is_escaped_everywhere(tmp_path: Path) -> None:
    text = page(tmp_path).read_text()
    assert "<script>document" not in text
    assert "<img" not in text
    assert "&lt;script&gt;document" in text


def test_it_states_the_numbers_of_the_run(tmp_path: Path) -> None:
    text = re.sub(r"<[^>]+>", " ", page(tmp_path).read_text())
    for number in ("50.0%", "2 of 4 decided probes", "20.0%", "1 undecided, 0 cancelled", "21 a sample"):
        assert number in text, number


def test_the_cost_is_on_the_page_where_the_price_is_known(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", groups())
    assert ">cost<" not in write_report(run).read_text()
    run.note_attempt("generate", 1.0, Price(completion=1e6))
    num_tokens = sum(int(str(row["num_tokens"])) for row in run.samples.rows())
    found = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", write_report(run).read_text()))
    assert f"cost {num_tokens:,}" in found or f"{num_tokens:,} cost" in found


def test_time_at_work_is_counted_once_however_many_samples_were_under_way() -> None:
    assert covered(np.array([5.0, 2.0, 3.0, 11.0]), np.array([0.5, 2.0, 2.0, 1.0])) == 4.5
    assert covered(np.array([10.0, 4.0]), np.array([10.0, 1.0])) == 10.0
    assert covered(np.array([]), np.array([])) == 0.0


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("test 3: wrong answer: '5' is not '6'; passed 2 of 7", "wrong answer"),
        ("test 12: time limit", "time limit"),
        ("time limit: 5 s for all tests together", "time limit"),
        ("not equal (boxed)", "not equal"),
        ("another chemical formula", "another chemical formula"),
        ("no way to run 'cobol'", "no way to run"),
        ("truncated", "truncated"),
        ("", "no reason given"),
        ("x" * 50, "x" * 40),
    ],
)
def test_verdicts_are_counted_by_what_their_reasons_share(reason: str, kind: str) -> None:
    assert kind_of(reason) == kind


def test_a_run_without_samples_has_no_report(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no samples yet"):
        write_report(make_run(tmp_path / "run", [group("q")]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$x^2$", ["<msup>"]),
        (r"\(\frac{1}{2}\)", ["<mfrac>"]),
        (r"\[\sum_{i=1}^n i\]", ['display="block"', "∑"]),
        ("$$x$$", ['display="block"']),
        (r"so \boxed{\frac{1}{2}}.", ["<menclose", "<mfrac>", "so ", "."]),
        ("It costs $5 and $6.", ["It costs $5 and $6."]),
        ("no math <b>", ["no math &lt;b&gt;"]),
        (r"$\frac{1}{$", [r"$\frac{1}{$"]),
    ],
)
def test_formulas_become_mathml_and_the_rest_is_escaped(text: str, expected: list[str]) -> None:
    shown = str(rich(text))
    assert all(part in shown for part in expected), shown


@pytest.mark.parametrize(
    "source",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\text{<script>alert(1)</script>}",
        r"\style{background:url(//evil)}{x}",
        r"\class{x\" onclick=\"alert(1)}{y}",
        "x" * 2000,
        r"\left(" * 400,
        "{" * 900,
    ],
)
def test_hostile_formulas_are_harmless(source: str) -> None:
    drawn = mathml(source, is_display=False) or ""
    tags = re.findall(r"<(\w+)([^>]*)>", drawn)
    assert all(name.startswith("m") for name, _ in tags)
    assert not any(re.search(r"href|style=|onclick=|class=", attributes) for _, attributes in tags)
    assert "<script" not in str(rich(f"${source}$"))


def in_chromium(path: Path, script: str, folder: Path) -> dict[str, object]:
    """What `script` leaves in `result` after it ran in the page, whose policy is widened for that script alone."""
    text = path.read_text().replace("script-src ", "script-src 'nonce-test' ")
    probe = f"<script nonce='test'>const result = {{}};\n{script}\n"
    probe += "const pre = document.createElement('pre'); pre.id = 'result'; pre.textContent = JSON.stringify(result);"
    probe += "document.body.append(pre);</script></body>"
    copy = folder / "probe.html"
    copy.write_text(text.replace("</body>", probe))
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Debian's chromium is not installed")
    flags = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={folder / 'profile'}", "--window-size=1280,900", "--dump-dom",
    ]  # fmt: skip
    run = subprocess.run([chromium, *flags, copy.as_uri()], capture_output=True, text=True, timeout=600, check=True)
    found = re.search(r'<pre id="result">(.*?)</pre>', run.stdout, re.DOTALL)
    assert found is not None, run.stdout[-2000:]
    result: dict[str, object] = json.loads(html.unescape(found[1]))
    return result


@pytest.mark.debian
def test_the_page_lives_in_a_browser(tmp_path: Path) -> None:
    script = """
    const visible = () => [...document.querySelectorAll("article")].filter((each) => !each.hidden).length;
    const set = (id, value) => { const control = document.getElementById(id); control.value = value;
      control.dispatchEvent(new Event("input")); };
    result.title = document.title;
    result.all = visible();
    set("outcome", "fail"); result.fails = visible(); set("outcome", "");
    set("domain", "code"); result.code = visible(); set("domain", "");
    set("search", "WHAT is two"); result.found = visible(); result.count = document.getElementById("count").textContent;
    set("search", "");
    result.folded = [...document.querySelectorAll("details")].every((each) => !each.open);
    result.fractionHeight = document.querySelector("article mfrac").getBoundingClientRect().height;
    const charts = [...document.querySelectorAll("figure svg")];
    result.charts = charts.every((each) => each.getBoundingClientRect().width > 300);
    result.overflow = document.documentElement.scrollWidth > window.innerWidth;
    """
    result = in_chromium(page(tmp_path), script, tmp_path)
    assert result["title"] == "run · distill"
    assert (result["all"], result["fails"], result["code"]) == (5, 2, 1)
    assert (result["found"], result["count"]) == (1, "1 shown")
    assert result["folded"] and result["charts"]
    assert isinstance(result["fractionHeight"], float) and result["fractionHeight"] > 15
    assert not result["overflow"]
