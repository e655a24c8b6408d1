"""ShareGPT's lines, `conversations` of `from` and `value`, which many trainers read."""

from pathlib import Path

from distill.export.rows import ExportRow
from distill.export.tool import DataPart, ExportFacts, Line, messages, refuse_unless_alternating

_NAMES = {"system": "system", "user": "human", "assistant": "gpt"}


class ShareGpt:
    """A shape rather than a tool: FastChat began it, and axolotl, LLaMA-Factory, Unsloth and others read it."""

    name = "sharegpt"

    def parts(self) -> list[DataPart]:
        """One file a split."""
        return [DataPart("sft", _line)]

    def texts(self, facts: ExportFacts, out: Path) -> dict[str, str]:  # noqa: ARG002 - there are none
        """None: every reader has its own."""
        return {}

    def how(self, facts: ExportFacts, out: Path) -> str:  # noqa: ARG002 - the same for all
        """For README.md."""
        return """\
A line is `{"id": …, "conversations": [{"from": "system|human|gpt", "value": …}]}`.

- The shape cannot say which answers are learnt. Where prompts hold answers, most readers train on those as well: tell
  them to train on the last one alone (LLaMA-Factory: `mask_history: true`), or export for a tool that is named.
- Readers cut or drop what is longer than their limit, mostly in silence: set it by the table below.
"""


def _line(row: ExportRow) -> Line:
    refuse_unless_alternating(row)
    turns = [{"from": _NAMES[str(turn["role"])], "value": turn["content"]} for turn in messages(row)]
    return {"id": row.id, "conversations": turns}
