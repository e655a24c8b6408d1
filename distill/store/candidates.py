"""The groups of a run as selection and statistics see them: without their texts."""

from distill.records import Outcome
from distill.selection import Candidate
from distill.store.folder import RunFolder

Groups = dict[str, list[Candidate]]


def candidates(run: RunFolder) -> Groups:
    """Every group of a run by prompt id, its samples in the order of their indices."""
    outcomes = {
        run.verdicts.key(row): Outcome(str(row["outcome"]))
        for row in run.verdicts.rows(["prompt_id", "index", "outcome"])
    }
    groups: Groups = {}
    for row in run.samples.rows(["prompt_id", "index", "num_tokens", "finish_reason"]):
        name, index = run.samples.key(row)
        num_tokens = row["num_tokens"]
        assert isinstance(num_tokens, int)
        is_cancelled = row["finish_reason"] == "cancelled"
        groups.setdefault(name, []).append(Candidate(index, num_tokens, outcomes.get((name, index)), is_cancelled))
    return {name: sorted(group) for name, group in groups.items()}
