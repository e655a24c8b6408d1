"""The page as a file: its numbers, charts and traces, put into the template."""

import base64
import hashlib
from importlib.resources import files
from pathlib import Path

from distill.dataset.pool import read_pool
from distill.files import write_whole
from distill.recipe.sections import Price
from distill.report.facts import RunReport, gather
from distill.report.math import rich
from distill.report.pictures import pictures
from distill.report.traces import shown_traces
from distill.store import RunFolder


def write_report(run: RunFolder, out: Path | None = None, *, num_traces: int = 200, price: Price | None = None) -> Path:
    """Write the page, by default to the run's `report.html`, and return its path.

    `price` is what tokens cost; None: what `generate` was told. Samples that are still in a journal are not on the
    page. Raises RunError where the run has no samples.
    """
    pool = read_pool([run])
    page = render(gather(run, pool, price), pictures(run, pool), shown_traces(run, pool, num_traces))
    out = out or run.path / "report.html"
    write_whole(out, page)
    return out


def render(report: RunReport, charts: dict[str, str], traces: list[dict[str, object]]) -> str:
    """The page's text. `charts` are trusted SVG; everything else is escaped."""
    from jinja2 import Environment, StrictUndefined

    folder = files("distill.report")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["rich"] = rich
    template = environment.from_string((folder / "page.html").read_text("utf-8"))
    style, script = ((folder / name).read_text("utf-8") for name in ("page.css", "page.js"))
    return template.render(
        report=report, charts=charts, traces=traces, style=style, script=script, script_hash=_hash(script)
    )


def _hash(script: str) -> str:
    """By which the page's policy knows the one script that may run."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
