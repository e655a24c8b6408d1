"""What a completion earns in reinforcement learning, as far as its text and length alone say it.

Scores are pure functions. Whether an answer is right is a verifier's to say, and comes in as an argument.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from distill.reasoning import CLOSE, OPEN

UNDECIDED = "completions/undecided_share"
"""The metric of a rollout's completions that teach nothing."""
ANSWER_OPEN, ANSWER_CLOSE = "<answer>", "</answer>"

Column = list["float | None"]
"""One reward's scores, a completion each; None where it has nothing to say."""

_CONTENT = re.compile(r"\w")


def logged_name(reward: str) -> str:
    """The name that a recipe's reward has in logs, tables and results: `f` for `module:f`."""
    return reward.rpartition(":")[2]


class Form(NamedTuple):
    """How a completion should look; it follows from the student's chat template."""

    is_prefilled: bool
    """Whether the prompt ends in `<think>`, so that the completion begins inside the reasoning."""
    has_answer_tags: bool
    """Whether the answer stands in `<answer>` tags, as R1-Zero's prompt asks (arXiv 2501.12948 v2, Table 1)."""


def format_score(completion: str, form: Form) -> float:
    """1 for reasoning, then answer, in the form's tags, each once, neither of them empty, nothing outside; else 0.

    Counted rather than searched, so that tags which are nested, repeated, out of order or without words between them
    earn nothing. White space around the tags does not matter.
    """
    whole = OPEN + completion if form.is_prefilled else completion
    tags = (OPEN, CLOSE, ANSWER_OPEN, ANSWER_CLOSE) if form.has_answer_tags else (OPEN, CLOSE)
    if any(whole.lower().count(tag) != 1 for tag in tags):
        return 0.0
    pieces = []
    for tag in tags:
        piece, found, whole = whole.partition(tag)
        if not found:  # out of order, or in capitals
            return 0.0
        pieces.append(piece)
    before, reasoning, *rest = *pieces, whole
    gap, answer, after = rest if form.has_answer_tags else ("", rest[0], "")
    is_whole = bool(_CONTENT.search(reasoning) and _CONTENT.search(answer))
    return float(is_whole and not (before + gap + after).strip())


def length_scores(lengths: Sequence[int], are_right: Sequence[bool]) -> list[float]:
    """Short is better, within one group: from 0.5 for its shortest completion to -0.5 for its longest.

    A wrong completion earns at most 0, so that being short never pays for being wrong. Kimi k1.5's length reward
    (arXiv 2501.12599, section 2.3.3). All are 0 where all lengths are equal.
    """
    shortest, longest = min(lengths, default=0), max(lengths, default=0)
    if shortest == longest:
        return [0.0] * len(lengths)
    scores = [0.5 - (length - shortest) / (longest - shortest) for length in lengths]
    return [score if is_right else min(0.0, score) for score, is_right in zip(scores, are_right, strict=True)]


def overlong_score(num_tokens: int, limit: int, buffer: int) -> float:
    """0 up to `limit - buffer` tokens, then falling in a straight line to -1 at `limit`.

    DAPO's soft overlong punishment (arXiv 2503.14476, equation 13).
    """
    return -min(1.0, max(0.0, num_tokens - (limit - buffer)) / buffer)


def settled(columns: Mapping[str, Column], groups: Sequence[str], deciding: Sequence[str]) -> dict[str, Column]:
    """The columns of a rollout such that a None neither rewards nor punishes. `groups` has each completion's prompt.

    TRL 1.16 leaves a completion out of its group's mean and deviation, with an advantage of 0, where all of its rewards
    are None; where only some are, it adds 0 for them, which is a penalty wherever other completions earn more.

    So a completion on which one of the `deciding` rewards is None, or every reward, has None everywhere. Elsewhere a
    None becomes the mean of that reward over the group's other completions; where none of them has one, it stays: then
    TRL adds the same 0 to all.
    """
    rows = [dict(zip(columns, scores, strict=True)) for scores in zip(*columns.values(), strict=True)]
    known = [any(v is not None for v in row.values()) and all(row[n] is not None for n in deciding) for row in rows]
    means = {name: _means(column, groups, known) for name, column in columns.items()}
    return {
        name: [
            None if not is_known else means[name].get(group) if score is None else score
            for score, group, is_known in zip(column, groups, known, strict=True)
        ]
        for name, column in columns.items()
    }


def _means(column: Column, groups: Sequence[str], known: Sequence[bool]) -> dict[str, float]:
    """Each group's mean of one reward, over completions that count."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for score, group, is_known in zip(column, groups, known, strict=True):
        if is_known and score is not None:
            found[group].append(score)
    return {group: fmean(scores) for group, scores in found.items()}
