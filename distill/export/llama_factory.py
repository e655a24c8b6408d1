"""LLaMA-Factory: lines of JSON in its `formatting: sharegpt`, whose tags are those of OpenAI's messages."""

import json
from pathlib import Path

import yaml

from distill.export.row_lengths import limit_for
from distill.export.rows import ExportRow
from distill.export.tool import DataPart, ExportFacts, Line, messages, refuse_unless_alternating

_TAGS = {
    "role_tag": "role",
    "content_tag": "content",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "system_tag": "system",
}
_HEAD = """\
# Written by distill export. Add model_name_or_path, output_dir and the student's template, then:
#   llamafactory-cli train {file}
"""


class LlamaFactory:
    """The trainer of that name, 0.9.5."""

    name = "llama-factory"

    def parts(self) -> list[DataPart]:
        """One file a split."""
        return [DataPart("sft", _line)]

    def texts(self, facts: ExportFacts, out: Path) -> dict[str, str]:
        """`dataset_info.json`, and the lines of a training that must not be left out.

        Never `formatting: openai`, which writes of its own into the system's message.
        """
        splits = [split for split in ("train", "test") if facts.has(f"{split}.jsonl")]
        info = {f"distill_{split}": _dataset(f"{split}.jsonl") for split in splits}
        config: dict[str, object] = {"stage": "sft", "do_train": True, "dataset_dir": str(out)}
        config |= {"dataset": "distill_train"} if "train" in splits else {}
        config |= {"eval_dataset": "distill_test"} if "test" in splits else {}
        config |= {"cutoff_len": limit_for(facts.lengths.longest), "mask_history": True, "enable_thinking": True}
        return {
            "dataset_info.json": json.dumps(info, indent=2) + "\n",
            "sft.yaml": _HEAD.format(file=out / "sft.yaml")
            + yaml.safe_dump(config, sort_keys=False, allow_unicode=True),
        }

    def how(self, facts: ExportFacts, out: Path) -> str:  # noqa: ARG002 - the same for all
        """For README.md."""
        return f"""\
Add `model_name_or_path`, `output_dir` and `template` to `sft.yaml`, then `llamafactory-cli train {out / "sft.yaml"}`.

- `cutoff_len` is 2,048 by default and cuts in silence, the answer first; here it is the longest row's.
- `mask_history: true` trains the last turn alone, so that answers in a prompt are read and not learnt.
- `enable_thinking: false` would delete the reasoning of every row. Templates of reasoning models (`qwen3`,
  `deepseekr1`) keep it at `true`; those that end in `_nothink` are not meant for these rows.
- Beside other datasets, copy the entries of `dataset_info.json` into theirs, with the whole path as `file_name`.
"""


def _line(row: ExportRow) -> Line:
    refuse_unless_alternating(row)
    return {"id": row.id, "messages": messages(row)}


def _dataset(file: str) -> Line:
    return {"file_name": file, "formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": _TAGS}
