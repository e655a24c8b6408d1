"""Finished runs for tests, written row by row: `make_run(folder, [group("q1", "pass 10", "fail 5")])`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import JsonValue

from distill.records import Outcome, Verdict
from distill.references import VerifierName
from distill.rows import columns as schemas
from distill.rows.columns import Row
from distill.store import RunFolder


class Drawn(NamedTuple):
    """One sample, and what was decided on it."""

    outcome: str
    num_tokens: int
    reasoning: str | None
    answer: str
    finish_reason: str = "stop"
    second_opinion: Outcome | None = None


class Group(NamedTuple):
    """A prompt and its samples."""

    prompt: Row
    samples: Sequence[Drawn]


def group(name: str, *samples: str | Drawn, **prompt: object) -> Group:
    """A group in short: `"pass 12"` is a sample of twelve tokens that passed."""
    row: Row = {
        "id": name, "prompt": [{"role": "user", "content": f"What is {name}?"}], "domain": "math", "answer": "4",
        "source": "toy", "license": "Apache-2.0",
    }  # fmt: skip
    return Group(row | prompt, [drawn(sample, place) for place, sample in enumerate(samples)])


def drawn(sample: str | Drawn, place: int = 0) -> Drawn:
    if isinstance(sample, Drawn):
        return sample
    outcome, num_tokens = sample.split()
    return Drawn(outcome, int(num_tokens), f"Thought {place} of {num_tokens} tokens.", f"The answer is {place}.")


def make_run(
    folder: Path, groups: Sequence[Group], policy: str = "fixed(8)", model: str = "toy", seed: int | None = None
) -> RunFolder:
    """Write a run and return it for reading."""
    sampling: dict[str, JsonValue] = {"temperature": 0.6, "top_p": 0.95, "max_tokens": 100, "seed": seed}
    with RunFolder.open(folder, lambda _: None) as run:
        run.begin("prompts", {"sha256": "0"})
        run.begin("generate", {"model": model, "weights": None, "policy": policy, "sampling": sampling, "few_shot": []})
        for prompt, samples in groups:
            run.prompts.append(dict.fromkeys(schemas.PROMPTS.names) | prompt)
            for index, sample in enumerate(samples):
                _write(run, str(prompt["id"]), index, sample, sampling)
        run.finish("generate", {}, 10.0)
    return RunFolder.at(folder)


def _write(run: RunFolder, name: str, index: int, sample: Drawn, sampling: Mapping[str, JsonValue]) -> None:
    run.samples.append(
        {
            "prompt_id": name, "index": index, "reasoning": sample.reasoning, "answer": sample.answer,
            "finish_reason": sample.finish_reason, "num_tokens": sample.num_tokens, "num_prompt_tokens": 5,
            "teacher": "toy", "sampling": sampling, "seconds": 1.0, "error": None,
        }
    )  # fmt: skip
    if sample.outcome == "none":
        return
    name_of: VerifierName = "judge" if sample.outcome == "judge" else "math_answer"
    outcome = Outcome.ABSTAIN if sample.outcome == "judge" else Outcome(sample.outcome)
    told = {"reason": "as told", "seconds": 0.1, "second_opinion": sample.second_opinion}
    verdict = Verdict.model_validate({"outcome": outcome, "verifier": name_of, "extracted": None, **told})
    run.verdicts.append(schemas.verdict_row(name, index, verdict))


def size(journal: Path) -> int:
    """Bytes of a journal that another process writes; 0 once it is sealed."""
    try:
        return journal.stat().st_size
    except FileNotFoundError:
        return 0
