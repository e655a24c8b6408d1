"""A run's samples as tests like to look at them."""

from dataclasses import dataclass

from distill.records import FinishReason, Outcome
from distill.store import RunFolder

SUMMARY_COLUMNS = ("prompt_id", "index", "num_tokens", "num_prompt_tokens", "finish_reason")


@dataclass(frozen=True, slots=True, order=True)
class SampleSummary:
    """What statistics need to know of a sample; its text stays on disk."""

    index: int
    num_tokens: int
    outcome: Outcome | None
    """None: not verified."""
    ending: FinishReason = FinishReason.STOP
    num_prompt_tokens: int = 0

    @property
    def is_judged(self) -> bool:
        """Whether its verdict says anything of the verifier: an abstain on what nobody could judge does not."""
        return self.ending in (FinishReason.STOP, FinishReason.LENGTH)


def candidates(run: RunFolder) -> dict[str, list[SampleSummary]]:
    """Every group of a run by prompt id, its samples in the order of their indices."""
    outcomes = {
        run.verdicts.key(row): Outcome(str(row["outcome"]))
        for row in run.verdicts.rows(["prompt_id", "index", "outcome"])
    }
    groups: dict[str, list[SampleSummary]] = {}
    for row in run.samples.rows(SUMMARY_COLUMNS):
        name, index = run.samples.key(row)
        num_tokens, num_prompt_tokens = row["num_tokens"], row["num_prompt_tokens"]
        assert isinstance(num_tokens, int)
        assert isinstance(num_prompt_tokens, int)
        outcome, ending = outcomes.get((name, index)), FinishReason(str(row["finish_reason"]))
        groups.setdefault(name, []).append(SampleSummary(index, num_tokens, outcome, ending, num_prompt_tokens))
    return {name: sorted(group) for name, group in groups.items()}
