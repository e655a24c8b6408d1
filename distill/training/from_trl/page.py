"""The text of a converted recipe: each value with where it comes from, and at the end what was left out."""

from collections.abc import Iterable, Sequence

import yaml
from pydantic import JsonValue

from distill.training.from_trl.line import LeftOut, RecipeLine

_COLUMN = 44
"""Where comments begin, unless a value reaches further."""
_WIDTH = 60
"""Characters of a left-out value that are shown."""


def page(
    head: Iterable[str], block: Iterable[RecipeLine], trl: Iterable[RecipeLine], left_out: Sequence[LeftOut]
) -> str:
    """A recipe as YAML."""
    lines = [*(f"# {text}".rstrip() for text in head), "distill:"]
    lines += [f"  {_written(line, _COLUMN - 2)}" for line in block]
    lines += ["", *(_written(line, _COLUMN) for line in trl)]
    if left_out:
        lines += ["", "# Left out:", *(f"#   {text}" for text in told(left_out))]
    return "\n".join(lines) + "\n"


def told(left_out: Iterable[LeftOut]) -> list[str]:
    """Keys that were left out, one line for each reason."""
    reasons: dict[str, list[str]] = {}
    for one in left_out:
        value = " ".join(shown(one.value).split())
        short = value if len(value) <= _WIDTH else value[:_WIDTH] + "…"
        reasons.setdefault(one.reason, []).append(f"{one.key}: {short}")
    return [f"{'; '.join(keys)} – {reason}" for reason, keys in reasons.items()]


def _written(line: RecipeLine, column: int) -> str:
    text = f"{line.key}: {shown(line.value)}"
    return f"{text:<{column}} # {line.origin}" if line.origin else text


def shown(value: JsonValue) -> str:
    """A value as YAML, in one line."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10**9, allow_unicode=True, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")
