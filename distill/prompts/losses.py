"""What kept rows came without, and what can be done about it. Pure."""

import re

from distill.prompts.sources.preset import Preset, reach
from distill.records import Prompt
from distill.references import Answer
from distill.rows.parse import Row

NO_REFERENCE = "no reference"
NO_DOMAIN = "no domain (general)"
NO_LICENCE = "no licence"
NO_OPTIONS = "a letter as answer, and no options"
FIXES = {
    NO_REFERENCE: "only a judge can decide on them; name the answers with --map answer=COLUMN",
    NO_DOMAIN: "name it with --map domain=COLUMN, or with `domain` in a preset",
    NO_LICENCE: "name it with --map license=COLUMN, or for all rows with --license NAME",
    NO_OPTIONS: "no options were found in the question; name them with --map choices=COLUMN",
}
"""What is shown beside each."""
REASON_FIXES = {
    "no short final answer": "name the column of final answers with --map answer=COLUMN",
    "the answer is none of the choices": "name the column of right options with --map answer=COLUMN",
    "malformed row": "name the columns with --map prompt=COLUMN --map answer=COLUMN",
}
"""What can be done where a reason set all rows aside."""
_LETTER = re.compile(r"\(?[A-H]\)?")


def lacks(prompt: Prompt, row: Row, preset: Preset) -> tuple[str, ...]:
    """What a prompt came without."""
    reference, stated = prompt.reference, preset.domain or reach(row, str(preset.columns.get("domain", "domain")))
    found = {
        NO_REFERENCE: reference is None,
        NO_DOMAIN: reference is None and prompt.domain == "general" and not stated,
        NO_LICENCE: prompt.license is None,
        NO_OPTIONS: isinstance(reference, Answer) and _LETTER.fullmatch(reference.value) is not None,
    }
    return tuple(what for what, is_so in found.items() if is_so)
