"""axolotl: lines of JSON for its `type: chat_template`, with a mark on the one turn that is trained."""

from pathlib import Path

import yaml

from distill.export.row_lengths import limit_for
from distill.export.rows import ExportRow
from distill.export.tool import DataPart, ExportFacts, Line, messages

_HEAD = """\
# Written by distill export. Add base_model and what else a training takes, then: axolotl train {file}
# chatml keeps <think>…</think>. Templates of Qwen3 and R1-Distill take reasoning out of answers: before you name
# another, look at what is trained with: axolotl preprocess {file} --debug
"""


class Axolotl:
    """The trainer of that name, 0.19."""

    name = "axolotl"

    def parts(self) -> list[DataPart]:
        """One file a split."""
        return [DataPart("sft", _line)]

    def texts(self, facts: ExportFacts, out: Path) -> dict[str, str]:
        """Its configuration, with a length that loses no row, and an error instead of a loss in silence."""
        config: dict[str, object] = {"datasets": [_dataset(out / "train.jsonl")]}
        if facts.has("test.jsonl"):
            config["test_datasets"] = [_dataset(out / "test.jsonl")]
        config |= {
            "chat_template": "chatml",
            "eot_tokens": ["<|im_end|>"],
            "train_on_inputs": False,
            "sequence_len": limit_for(facts.lengths.longest),
            "excess_length_strategy": "raise",
        }
        return {
            "axolotl.yaml": _HEAD.format(file=out / "axolotl.yaml")
            + yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
        }

    def how(self, facts: ExportFacts, out: Path) -> str:  # noqa: ARG002 - the same for all
        """For README.md."""
        return f"""\
`axolotl.yaml` names the files; add `base_model` to it, then `axolotl train {out / "axolotl.yaml"}`.

- A row has `train: true` at its last message alone (`message_field_training`), so that answers in a prompt are read and
  not learnt.
- axolotl's own `sequence_len` is 512, and it drops longer rows in silence; here it is the longest row's, and
  `excess_length_strategy: raise` stops where a tokenizer needs more.
- `chat_template: chatml` trains `<think>` as it stands. The student's tokenizer should have `<|im_end|>` as one token.
"""


def _line(row: ExportRow) -> Line:
    turns = messages(row)
    return {"id": row.id, "messages": [turn | {"train": turn is turns[-1]} for turn in turns]}


def _dataset(file: Path) -> Line:
    return {
        "path": str(file),
        "ds_type": "json",
        "split": "train",
        "type": "chat_template",
        "field_messages": "messages",
        "message_property_mappings": {"role": "role", "content": "content"},
        "message_field_training": "train",
        "roles_to_train": ["assistant"],
        "train_on_eos": "turn",
    }
