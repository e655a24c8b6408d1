"""OpenAI's supervised fine-tuning, and every service that takes its lines of chat messages.

The rules are those of its guide on supervised fine-tuning and of its Files API: `weight` is 0 or 1 and of assistants
alone, no content is empty, the last message is the assistant's, a file has at least 10 rows and at most 512 MB, and a
row is cut at 65,536 tokens (gpt-4.1 and gpt-4o).
"""

from pathlib import Path

from distill.export.rows import ExportRow, Unfit
from distill.export.tool import DataPart, ExportFacts, Line, messages

MAX_BYTES = 512 * 10**6
MAX_TOKENS = 65_536
MIN_ROWS = 10


class OpenAI:
    """Lines that hold `messages` and nothing else."""

    name = "openai"

    def parts(self) -> list[DataPart]:
        """One file a split."""
        return [DataPart("sft", _line, max_bytes=MAX_BYTES)]

    def texts(self, facts: ExportFacts, out: Path) -> dict[str, str]:  # noqa: ARG002 - there are none
        """None: a job is started by a request."""
        return {}

    def how(self, facts: ExportFacts, out: Path) -> str:
        """For README.md."""
        validation = ', validation_file=files["test"]' if facts.has("test.jsonl") else ""
        few = [file for file, number in facts.rows.items() if number < MIN_ROWS]
        warning = f"- **{', '.join(few)}: OpenAI refuses files of fewer than {MIN_ROWS} rows.**\n" if few else ""
        return f"""\
```python
from openai import OpenAI

client = OpenAI()
files = {{
    split: client.files.create(file=open(f"{out}/{{split}}.jsonl", "rb"), purpose="fine-tune").id
    for split in {[file.removesuffix(".jsonl") for file in facts.rows]}
}}
client.fine_tuning.jobs.create(model="gpt-4.1-mini-2025-04-14", training_file=files["train"]{validation})
```

{warning}- Answers in a prompt have `weight: 0`: they are read and not learnt.
- An empty message of the system is left out, since no content may be empty.
- Rows of more than {MAX_TOKENS:,} tokens are set aside: they would be cut, the answer first. So is what is beyond
  {MAX_BYTES // 10**6} MB, the largest file; choose fewer rows with `distill select --rows`.
"""


def _line(row: ExportRow) -> Line:
    turns = [turn for turn in messages(row) if turn["role"] != "system" or turn["content"]]
    if any(not str(turn["content"]).strip() for turn in turns):
        raise Unfit("a message is empty, which OpenAI refuses")
    if not any(turn["role"] == "user" for turn in turns):
        raise Unfit("no message is the user's")
    if row.size.whole > MAX_TOKENS:
        raise Unfit(f"it is longer than {MAX_TOKENS:,} tokens, where OpenAI cuts")
    return {"messages": [_weighted(turn, is_last=turn is turns[-1]) for turn in turns]}


def _weighted(turn: Line, *, is_last: bool) -> Line:
    return turn if is_last or turn["role"] != "assistant" else turn | {"weight": 0}
