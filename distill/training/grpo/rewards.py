"""Rewards as TRL's trainer calls them: named, asynchronous, and unable to stop a training.

A reward gives one number for each completion, or None where it has nothing to say: an abstain, a missing language. None
is neither reward nor penalty. What raises or exceeds its time counts as None too, is counted under
`rewards/NAME/num_errors`, and the first error of each reward is printed into the log.
"""

import asyncio
import importlib
import inspect
import traceback
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from distill import reasoning
from distill.errors import RecipeError
from distill.language import prompt_language, share_in
from distill.records import Outcome, Prompt, Verdict
from distill.training.grpo import scoring
from distill.training.grpo.recipe import Settings
from distill.training.grpo.scoring import ANSWER_CLOSE, ANSWER_OPEN, Form
from distill.verifiers.dispatch import Verifiers


class ScoredCompletion(NamedTuple):
    """What a reward sees: one completion of one prompt."""

    prompt: Prompt
    text: str
    """As the model wrote it, the reasoning that a template has opened included in its middle."""
    num_tokens: int
    is_truncated: bool = False
    """Whether the token limit cut it off."""


Score = Callable[[ScoredCompletion], "float | Awaitable[float | None] | None"]
"""A reward of one's own, named `module:function` in a recipe. Plain functions run in a thread."""
Rule = Callable[[Sequence[ScoredCompletion]], Awaitable[Sequence["float | None"]]]


class Reward:
    """One reward as TRL calls it, with all completions of a rollout at once."""

    def __init__(self, name: str, rule: Rule, settings: Settings, errors: "Errors") -> None:
        self.__name__ = name  # what TRL logs it by
        self._rule = rule
        self._settings = settings
        self._errors = errors

    async def __call__(
        self,
        *,
        completions: Sequence[Sequence[dict[str, str]]],
        completion_ids: Sequence[Sequence[int]],
        row: Sequence[str],
        log_metric: Callable[[str, float], None],
        **_: object,
    ) -> list[float | None]:
        """Score each completion."""
        before = self._errors.counts[self.__name__]
        given = [
            ScoredCompletion(
                Prompt.model_validate_json(prompt), turns[-1]["content"], len(ids), self._is_truncated(ids)
            )
            for turns, ids, prompt in zip(completions, completion_ids, row, strict=True)
        ]
        scores = list(await self._rule(given))
        log_metric(f"rewards/{self.__name__}/num_errors", self._errors.counts[self.__name__] - before)
        log_metric(f"rewards/{self.__name__}/num_none", scores.count(None))
        return scores

    def _is_truncated(self, ids: Sequence[int]) -> bool:
        return len(ids) >= self._settings.max_completion_length and ids[-1] != self._settings.eos_token_id


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
        self._verdicts: dict[tuple[str, str], asyncio.Task[Verdict]] = {}
        self.errors = Errors(block.reward_timeout_s, tell)
        self.functions = [Reward(_plain(name), self._rule(name), settings, self.errors) for name in block.rewards]

    async def close(self) -> None:
        """End the verifiers' workers."""
        await self._verifiers.__aexit__(None, None, None)

    def _rule(self, name: str) -> Rule:
        known: dict[str, Callable[[ScoredCompletion], Awaitable[float | None]]] = {
            "accuracy": self._accuracy,
            "format": self._format,
            "language": self._language,
            "overlong": self._overlong,
        }
        if name == "length":
            return self._lengths
        score = known.get(name) or _own(name)

        async def each(completions: Sequence[ScoredCompletion]) -> Sequence[float | None]:
            self._forget(completions)
            return await asyncio.gather(*(self.errors.guarded(_plain(name), score(one)) for one in completions))

        return each

    def _forget(self, completions: Sequence[ScoredCompletion]) -> None:
        """Verdicts are kept for one rollout, in which several rewards ask for the same."""
        current = {(one.prompt.id, one.text) for one in completions}
        self._verdicts = {key: task for key, task in self._verdicts.items() if key in current}

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
        prompt = completion.prompt
        asked = "\n".join(message.content for message in prompt.messages if message.role == "user")
        parts = reasoning.split(completion.text)
        return share_in(parts.reasoning or parts.answer, prompt.language or prompt_language(asked))

    async def _overlong(self, completion: ScoredCompletion) -> float | None:
        settings = self._settings
        limit = settings.max_completion_length
        return scoring.overlong_score(completion.num_tokens, limit, min(settings.block.overlong_buffer, limit))

    async def _lengths(self, completions: Sequence[ScoredCompletion]) -> Sequence[float | None]:
        """Within each prompt's group. Completions that nothing could decide on stay out of it."""
        self._forget(completions)
        right = await asyncio.gather(*(self.errors.guarded("length", self._accuracy(one)) for one in completions))
        groups: defaultdict[str, list[int]] = defaultdict(list)
        for place, one in enumerate(completions):
            if right[place] is not None:
                groups[one.prompt.id].append(place)
        scores: list[float | None] = [None] * len(completions)
        for places in groups.values():
            lengths = [completions[place].num_tokens for place in places]
            found = scoring.length_scores(lengths, [right[place] == 1 for place in places])
            for place, score in zip(places, found, strict=True):
                scores[place] = score
        return scores


def _plain(name: str) -> str:
    """The name that a reward is logged by: `f` for `module:f`."""
    return name.rpartition(":")[2]


def _own(name: str) -> Callable[[ScoredCompletion], Awaitable[float | None]]:
    """A function that a recipe names as `module:function`."""
    module, _, function = name.partition(":")
    try:
        score: Score = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise RecipeError(f"The reward {name} cannot be imported ({error}). Put its module on PYTHONPATH.") from None

    threads = ThreadPoolExecutor()  # its own: calls that hang keep their threads, and verifiers need theirs

    async def call(completion: ScoredCompletion) -> float | None:
        if inspect.iscoroutinefunction(score):
            found = await score(completion)
        else:
            found = await asyncio.get_running_loop().run_in_executor(threads, score, completion)
        assert found is None or isinstance(found, float | int)
        return found

    return call
