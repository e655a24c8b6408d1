"""Rewards as TRL's trainer calls them: named, asynchronous, and unable to stop a training.

A reward gives one number for each completion, or None where it has nothing to say. None is neither reward nor penalty:

- Where the verifiers could not decide (`accuracy`, `length`), no reward counts: the completion has an advantage of 0,
  and the others of its group learn as if it had not been sampled. Its tokens still count in the loss's mean and in
  the divergence from the reference, as those of a completion of average reward do.
- Where another reward is None, one of the user's own on prompts that are not its business say, the completion has the
  mean of that reward over its group.

What raises, takes too long or gives no finite number is None too, counted under `rewards/NAME/num_errors`, and the
first error of each reward is printed into the log.
"""

import asyncio
import importlib
import inspect
import traceback
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, SupportsFloat

from distill import reasoning
from distill.errors import RecipeError
from distill.language import prompt_language, share_in
from distill.records import Outcome, Prompt, Verdict
from distill.training.grpo import scoring
from distill.training.grpo.recipe import Settings
from distill.training.grpo.scoring import ANSWER_CLOSE, ANSWER_OPEN, UNDECIDED, Column, Form, logged_name
from distill.verifiers.dispatch import Verifiers

ACCURACY, LENGTH = "accuracy", "length"
"""The rewards that rest on verdicts."""
AT_ONCE = 64
"""Completions that a reward works on at a time, so that its time limit does not run while others are."""
MAX_SCORE = 1e18
"""Its square still fits a 32-bit float, as the deviation of a group needs."""


class ScoredCompletion(NamedTuple):
    """What a reward sees: one completion of one prompt."""

    prompt: Prompt
    text: str
    """As the model wrote it, the reasoning that a template has opened included in its middle."""
    num_tokens: int
    is_truncated: bool = False
    """Whether the token limit cut it off."""


Score = Callable[[ScoredCompletion], "float | Awaitable[float | None] | None"]
"""A reward of one's own, named `module:function` in a recipe. Plain functions run in a thread.

The time limit cannot end one that never gives up Python's lock, such as a regular expression that backtracks for ever.
"""
Scorer = Callable[[ScoredCompletion], Awaitable["float | None"]]


class Scores(NamedTuple):
    """What all rewards together say of the completions of a rollout, by a reward's name."""

    columns: dict[str, Column]
    num_none: dict[str, int]
    """Completions of which a reward had nothing to say, or failed."""
    num_errors: dict[str, int]
    undecided_share: float
    """Completions that teach nothing."""


class Reward:
    """One reward as TRL calls it, with all completions of a rollout at once: a column of what `Rewards` finds."""

    def __init__(self, name: str, rewards: "Rewards") -> None:
        self.__name__ = name  # what TRL logs it by
        self._rewards = rewards

    async def __call__(
        self,
        *,
        completions: Sequence[Sequence[dict[str, str]]],
        completion_ids: Sequence[Sequence[int]],
        row: Sequence[str],
        log_metric: Callable[[str, float], None],
        **_: object,
    ) -> Column:
        """Score each completion."""
        found = await self._rewards.scores(completions, completion_ids, row)
        log_metric(f"rewards/{self.__name__}/num_errors", found.num_errors[self.__name__])
        log_metric(f"rewards/{self.__name__}/num_none", found.num_none[self.__name__])
        log_metric(UNDECIDED, found.undecided_share)
        return found.columns[self.__name__]


class Errors:
    """Counts what went wrong in rewards, and tells the first of each in full."""

    def __init__(self, timeout_s: float, tell: Callable[[str], None] = print) -> None:
        self.counts: defaultdict[str, int] = defaultdict(int)
        self._timeout_s = timeout_s
        self._tell = tell

    async def guarded(self, name: str, work: Awaitable[float | None]) -> float | None:
        """The result of `work`, or None where it fails or takes too long."""
        try:
            return await asyncio.wait_for(work, self._timeout_s)
        except Exception:  # noqa: BLE001 - whatever a reward does, training goes on; it is counted and told
            if not self.counts[name]:
                self._tell(f"The reward {name} failed; it counts as none.\n{traceback.format_exc()}")
            self.counts[name] += 1
            return None


class Rewards:
    """The rewards of a recipe, over one set of verifiers."""

    def __init__(self, settings: Settings, tell: Callable[[str], None] = print) -> None:
        """Read what the recipe asks for; verifiers start with the first answer. RecipeError for unknown functions."""
        block, verify = settings.block, settings.verify
        is_sharing = block.unit_tests == "share"
        self._settings = settings
        self._verifiers = Verifiers(verify.model_copy(update={"all_tests": verify.all_tests or is_sharing}))
        self._form = Form(settings.is_prefilled, has_answer_tags=block.template == "r1-zero")
        self._scorers = {logged_name(name): self._scorer(name) for name in block.rewards}
        self._deciding = [name for name in (ACCURACY, LENGTH) if block.rewards.get(name)]
        self._verdicts: dict[tuple[str, str], asyncio.Task[Verdict]] = {}
        self._rollout: tuple[object, asyncio.Task[Scores]] | None = None
        self.errors = Errors(block.reward_timeout_s, tell)
        self.functions = [Reward(name, self) for name in self._scorers]

    async def close(self) -> None:
        """End the verifiers' workers."""
        await self._verifiers.__aexit__(None, None, None)

    async def scores(
        self, completions: Sequence[Sequence[dict[str, str]]], ids: Sequence[Sequence[int]], rows: Sequence[str]
    ) -> Scores:
        """What all rewards say, found once for the rollout: TRL calls all of them at a time, with the same list."""
        if self._rollout is None or self._rollout[0] is not completions:
            given = [
                ScoredCompletion(
                    Prompt.model_validate_json(row), turns[-1]["content"], len(tokens), self._is_truncated(tokens)
                )
                for turns, tokens, row in zip(completions, ids, rows, strict=True)
            ]
            self._rollout = completions, asyncio.ensure_future(self._scores(given))
        return await asyncio.shield(self._rollout[1])

    async def _scores(self, given: Sequence[ScoredCompletion]) -> Scores:
        before = self.errors.counts.copy()
        self._verdicts = {}  # several rewards, and equal completions, ask for the same; the next rollout does not
        columns = dict(
            zip(
                self._scorers,
                await asyncio.gather(*(self._column(name, score, given) for name, score in self._scorers.items())),
                strict=True,
            )
        )
        if LENGTH in self._settings.block.rewards:
            columns[LENGTH] = _lengths(given, columns[LENGTH])
        found = scoring.settled(columns, [one.prompt.id for one in given], self._deciding)
        num_undecided = sum(all(score is None for score in scores) for scores in zip(*found.values(), strict=True))
        return Scores(
            columns=found,
            num_none={name: column.count(None) for name, column in columns.items()},
            num_errors={name: self.errors.counts[name] - before[name] for name in columns},
            undecided_share=num_undecided / len(given),
        )

    async def _column(self, name: str, score: Scorer, given: Sequence[ScoredCompletion]) -> Column:
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(completion: ScoredCompletion) -> float | None:
            async with gate:
                return await self.errors.guarded(name, score(completion))

        return list(await asyncio.gather(*map(one, given)))

    def _scorer(self, name: str) -> Scorer:
        known: dict[str, Scorer] = {
            ACCURACY: self._accuracy,
            LENGTH: self._accuracy,  # compared within groups afterwards
            "format": self._format,
            "language": self._language,
            "overlong": self._overlong,
        }
        return known.get(name) or _own(name)

    def _is_truncated(self, ids: Sequence[int]) -> bool:
        return len(ids) >= self._settings.max_completion_length and ids[-1] != self._settings.eos_token_id

    async def _verdict(self, completion: ScoredCompletion) -> Verdict:
        key = (completion.prompt.id, completion.text)
        if key not in self._verdicts:
            answer = self._answer(completion)
            self._verdicts[key] = asyncio.ensure_future(self._verifiers.verify(completion.prompt, answer))
        return await asyncio.shield(self._verdicts[key])

    def _answer(self, completion: ScoredCompletion) -> str:
        """What stands after the reasoning; nothing where a prefilled reasoning never ended."""
        text = reasoning.OPEN + completion.text if self._form.is_prefilled else completion.text
        answer = reasoning.split(text).answer
        if not self._form.has_answer_tags:
            return answer
        _, tag, rest = answer.rpartition(ANSWER_OPEN)
        return rest.partition(ANSWER_CLOSE)[0].strip() if tag else answer

    async def _accuracy(self, completion: ScoredCompletion) -> float | None:
        if completion.is_truncated:  # as `distill verify` has it: what never ended has failed
            return 0.0
        verdict = await self._verdict(completion)
        if verdict.outcome is Outcome.ABSTAIN:
            return None
        if self._settings.block.unit_tests == "share":
            return verdict.share_passed
        return float(verdict.outcome is Outcome.PASS)

    async def _format(self, completion: ScoredCompletion) -> float | None:
        return scoring.format_score(completion.text, self._form)

    async def _language(self, completion: ScoredCompletion) -> float | None:
        """The paper's share of words, for which it does not say what a text without words earns.

        Formulas and code alone hold nothing foreign, so they earn 1, as plain prose does. A completion of nothing at
        all earns 0, so that silence never pays.
        """
        prompt = completion.prompt
        asked = "\n".join(message.content for message in prompt.messages if message.role == "user")
        parts = reasoning.split(completion.text)
        text = (parts.reasoning or "").strip() or parts.answer.strip()
        share = share_in(text, prompt.language or prompt_language(asked))
        return float(bool(text)) if share is None else share

    async def _overlong(self, completion: ScoredCompletion) -> float | None:
        settings = self._settings
        limit = settings.max_completion_length
        return scoring.overlong_score(completion.num_tokens, limit, min(settings.block.overlong_buffer, limit))


def _lengths(given: Sequence[ScoredCompletion], right: Column) -> Column:
    """Scores of lengths, within each prompt's group. Completions that nothing could decide on stay out of it."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(given):
        if right[place] is not None:
            groups[one.prompt.id].append(place)
    scores: Column = [None] * len(given)
    for places in groups.values():
        lengths = [given[place].num_tokens for place in places]
        found = scoring.length_scores(lengths, [right[place] == 1 for place in places])
        for place, score in zip(places, found, strict=True):
            scores[place] = score
    return scores


def _own(name: str) -> Scorer:
    """A function that a recipe names as `module:function`."""
    module, _, function = name.partition(":")
    try:
        score: Score = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise RecipeError(f"The reward {name} cannot be imported ({error}). Put its module on PYTHONPATH.") from None

    threads = ThreadPoolExecutor(AT_ONCE)  # its own: calls that hang keep their threads, and verifiers need theirs

    async def call(completion: ScoredCompletion) -> float | None:
        if inspect.iscoroutinefunction(score):
            found = await score(completion)
        else:
            found = await asyncio.get_running_loop().run_in_executor(threads, score, completion)
        if found is None:
            return None
        if not isinstance(found, SupportsFloat) or not abs(float(found)) <= MAX_SCORE:
            raise ValueError(f"it gave {found!r}; a reward is a number between ±{MAX_SCORE:g}, or None")
        return float(found)

    return call
