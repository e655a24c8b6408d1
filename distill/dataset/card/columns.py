"""What the columns of a row mean, an example row, and how rows are loaded."""

import json
from collections.abc import Mapping

from pydantic import JsonValue

from distill.dataset.card.words import code
from distill.dataset.card_facts import CardFacts
from distill.formatting import markdown_table
from distill.hub.sections import unpushed

MEANINGS = {
    "id": "of the prompt; rows of one prompt share it",
    "prompt": "the messages that were asked",
    "completion": "one message of the assistant: the reasoning in `<think>` tags, then the answer",
    "messages": "`prompt` and `completion` as one conversation",
    "domain": "math, code, stem, logic (puzzles) or general",
    "source": "the set that the prompt comes from",
    "license": "of the prompt, as its source states it; null where it states none",
    "language": "of the prompt, ISO 639-1; null where it is not certain",
    "answer": "the reference answer; null where something else decides. Of `majority_vote` it is the majority's",
    "reference": "all that checking takes: answer, choices, and as JSON tests, constraints, a puzzle's scorer",
    "num_tokens": "of the completion, by the teacher's count, or the student's where its tokenizer was named",
    "num_prompt_tokens": "of all that the teacher read, by its own count",
    "finish_reason": "`stop` where the teacher ended it, `length` where the token limit cut it off",
    "pass_rate": "num_passed / (num_passed + num_failed): of all decided samples of the prompt; null where none was",
    "num_samples": "drawn for the prompt, undecided and cancelled ones included",
    "num_passed": "of the samples of the prompt, those that a verifier passed",
    "num_failed": "of the samples of the prompt, those that a verifier failed",
    "probe_pass_rate": "of the first samples alone, which the sampling policy never ends: unbiased, of fewer samples",
    "teacher": "the model that wrote the completion",
    "verifier": "what decided that it is right",
    "verdict_reason": "why, in the verifier's words",
    "judge": "the model that judged, where one did",
    "num_tests": "tests that a program had to pass",
    "run": "the run that drew it; `provenance/RUN/` has what made it",
    "sample_index": "the number of the sample among those of its prompt, from 0",
    "seed": "sent with its request; null: none was",
    "policy": "the sampling policy of the run: when a prompt has enough samples",
    "sampling": "temperature, top-p, token limit and further fields of the request",
}
"""Column ─▶ its meaning; every column of a dataset's rows has one."""
MAX_CHARS = 240
"""Of a text in the example row; longer ones are cut, with their length said."""


def columns(facts: CardFacts) -> str:
    """The section of columns, with the example."""
    rows = [(f"`{name}`", f"`{kind}`", MEANINGS.get(name, "")) for name, kind in facts.columns.items()]
    text = f"## Columns\n\n{markdown_table(('column', 'type', 'meaning'), rows, 'lll')}"
    if not facts.example:
        return text
    shown = json.dumps(_cut(facts.example), indent=2, ensure_ascii=False)
    return f"{text}\n\nA row, its long texts cut:\n\n{code(shown, 'json')}"


def usage(facts: CardFacts) -> str:
    """The section that loads and trains on it. A push puts the name on the Hub into it; a folder does as well."""
    loading = f"""from datasets import load_dataset

rows = load_dataset("{unpushed(facts.name)}", split="train")"""
    training = """from trl import SFTConfig, SFTTrainer

trainer = SFTTrainer(
    model="Qwen/Qwen2.5-Math-1.5B",
    args=SFTConfig(output_dir="student", max_length=None),
    train_dataset=rows.select_columns(["prompt", "completion"]),  # the loss is on the completion
)
trainer.train()"""
    return f"""## Use

{code(loading, "python")}

With TRL:

{code(training, "python")}"""


def _cut(value: JsonValue) -> JsonValue:
    match value:
        case str():
            too_long = f"{value[:MAX_CHARS]} … ({len(value):,} characters in all)"
            return value if len(value) <= MAX_CHARS else too_long
        case list():
            return [_cut(each) for each in value]
        case Mapping():
            return {key: _cut(each) for key, each in value.items()}
        case _:
            return value
