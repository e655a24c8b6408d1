"""Turns the results of a batch into samples: stored first, then counted, then verified, as in live sampling."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from distill.errors import DistillError, TeacherError
from distill.ordered import in_order
from distill.progress import say
from distill.records import FinishReason, Sample, Verdict
from distill.rows import columns as schemas
from distill.sampling.agenda import Key, SampleRequest
from distill.sampling.batches.lines import NumberedResult, read_body
from distill.sampling.batches.notes import BatchLine, BatchNote
from distill.sampling.batches.shelf import results
from distill.sampling.held_back import OF_PROMPTS, unanswered
from distill.sampling.policy import Ended
from distill.sampling.requests import TOLD, ended, words_of
from distill.sampling.sampler import Job
from distill.store import Keys, PromptLookup
from distill.teacher.batches.answers import BatchReply
from distill.teacher.replies.reply import Completion
from distill.teacher.trouble.kinds import RequestRefused, Stumble
from distill.verifiers.dispatch import Verifiers

Item = TypeVar("Item")
MOST_TRIES = 3
"""Batches in which a request may fail of what might pass before it is set aside. Not being tried does not count."""
MOST_LESSONS = 3
"""Forms in which a request is tried that an endpoint does not take as it is."""
WINDOW = 1024
"""Samples that are stored, and given their verdicts, together."""


class UnreadResults(TeacherError):  # noqa: N818 - what was found
    """A whole batch came in a form that is not known here."""


class Fetched(NamedTuple):
    """The files of a batch that has ended."""

    requests: Path
    results: Sequence[Path]


class Gathered(NamedTuple):
    """What is left of a batch once its results are stored."""

    tried: list[BatchLine]
    """Requests that it answered in vain."""
    num_left: int
    """Requests without a sample: to be asked again."""


class BatchGatherer:
    """Stores what batches bring. `verifiers` None: verdicts are left to the `verify` stage.

    `learn` is shown the body of a request and its refusal, and says whether it can be asked in another form.
    """

    def __init__(
        self,
        job: Job,
        verifiers: Verifiers | None,
        tried: Iterable[BatchLine],
        learn: Callable[[dict[str, object], RequestRefused], bool],
    ) -> None:
        self._job = job
        self._learn = learn
        self._lessons: Counter[Key] = Counter()
        self._verifiers = verifiers
        self._prompts = PromptLookup(job.run.prompts)
        self._tries = Counter(line.key for line in tried)
        self.stored = Keys()
        """Of earlier attempts, where they have left batches under way."""
        self.under_way: dict[Key, SampleRequest] = {}
        """What the agenda has handed out and waits for."""
        self.strays: dict[Key, Ended] = {}
        """Stored although the agenda had not asked for it: an earlier attempt did, and it is paid for."""
        self._has_answered = job.agenda.spending.num_tokens > 0

    async def gather(self, note: BatchNote, reply: BatchReply, fetched: Fetched) -> Gathered:
        """Store all results of a batch that has ended.

        Raises TeacherError, with the provider's words, where its requests are refused and none was ever answered: then
        nothing of it is stored.
        """
        reading = _Reading(note, fetched.results, self._is_new)
        for chunk in _chunks(reading.answers(), WINDOW):
            self._has_answered = True
            await self._store([self._sample(*each) for each in chunk])
        self._refuse_unread(reading, fetched)
        self._learn_of(note, reading, fetched.requests)
        self._refuse_all(reading.refused.values())
        num_left = sum(1 for _ in reading.unanswered())
        tried, given_up = self._sort_failed(reading, is_whole=reply.status == "completed")
        self._refuse_all(given_up.values())
        refused = iter([*reading.refused.items(), *given_up.items()])
        for part in _chunks(refused, WINDOW):
            await self._store([self._refused(note.lines[number], problem) for number, problem in part])
        return Gathered(tried, num_left)

    def drop(self, keys: Iterable[Key]) -> None:
        """These are not drawn after all; the agenda may ask for them again."""
        for key in keys:
            if self.under_way.pop(key, None) is not None:
                self._job.agenda.drop(key)

    def take(self, request: SampleRequest) -> bool:
        """Wait for a request that the agenda hands out. False where its sample has come already."""
        early = self.strays.pop(request.key, None)
        if early is None:
            self.under_way[request.key] = request
            return True
        self._job.agenda.end(request.key, early)
        return False

    def _is_new(self, line: BatchLine) -> bool:
        key = line.key
        return key in self.under_way or (
            key not in self.stored and key not in self.strays and line.prompt_id in self._prompts
        )

    def _sort_failed(self, reading: "_Reading", *, is_whole: bool) -> tuple[list[BatchLine], dict[int, RequestRefused]]:
        """What has no answer is drawn again, unless it was tried too often: then it is set aside."""
        tried: list[BatchLine] = []
        given_up: dict[int, RequestRefused] = {}
        missing = Stumble("the batch has no result for it", is_overload=not is_whole)
        for number, line in reading.unanswered():
            problem = reading.failed.get(number, missing)
            if not problem.is_overload:
                tried.append(line)
                self._tries[line.key] += 1
            if self._tries[line.key] >= MOST_TRIES:
                words = f"{MOST_TRIES} batches failed to answer it, the last with: {problem}"
                given_up[number] = RequestRefused(words)
            else:
                self.drop([line.key])
        return tried, given_up

    def _learn_of(self, note: BatchNote, reading: "_Reading", requests: Path) -> None:
        """What is refused in a form that can be mended counts as untried, a few times."""
        if not reading.refused or not requests.is_file():
            return
        with requests.open("rb") as lines:
            for number, line in enumerate(lines):
                refusal, key = reading.refused.get(number), note.lines[number].key
                if refusal is None or self._lessons[key] >= MOST_LESSONS or not self._learn(read_body(line), refusal):
                    continue
                self._lessons[key] += 1
                del reading.refused[number]
                reading.failed[number] = Stumble(str(refusal), is_overload=True)

    def _refuse_unread(self, reading: "_Reading", fetched: Fetched) -> None:
        """Answers that are paid for and that we cannot read are not bought once more."""
        unread = [problem for problem in reading.failed.values() if problem.is_unreadable]
        if unread and not self._has_answered and len(unread) == len(reading.failed) + len(reading.refused):
            raise UnreadResults(
                f"None of the {len(unread):,} results could be read: {unread[0]}. They are in {fetched.results[0]} and "
                "at the provider, and nothing is marked as done; please report what a line looks like."
            )

    def _refuse_all(self, refused: Collection[RequestRefused]) -> None:
        first = next((each for each in refused if each.kind not in OF_PROMPTS), None)
        if first is not None and not self._has_answered:
            raise unanswered(len(refused), words_of(first))

    async def _store(self, samples: list[Sample]) -> None:
        run = self._job.run
        for sample in samples:
            sampling = schemas.sampling_row(sample.sampling)
            run.samples.append(vars(sample) | {"sampling": sampling})
            self._job.purse.bought.add(sample.finish_reason, sample.num_prompt_tokens, sample.num_tokens)
        await run.samples.commit()
        for sample in samples:
            self._end(sample)
        async for sample, verdict in in_order(samples, self._verdict):
            self._settle(sample, verdict)

    def _end(self, sample: Sample) -> None:
        key, end = (sample.prompt_id, sample.index), ended(sample)
        if self.under_way.pop(key, None) is None:
            self.strays[key] = end
        else:
            self._job.agenda.end(key, end)

    def _settle(self, sample: Sample, verdict: Verdict | None) -> None:
        key, tally = (sample.prompt_id, sample.index), self._job.tally
        if verdict is None:
            tally.add(sample.finish_reason.value)
            return
        self._job.run.verdicts.append(schemas.verdict_row(*key, verdict))
        if key in self.strays:
            self.strays[key] = self.strays[key]._replace(outcome=verdict.outcome)
        elif ended(sample).outcome is None:
            self._job.agenda.decide(key, verdict.outcome)
        tally.add((sample.finish_reason if sample.finish_reason in TOLD else verdict.outcome).value)

    async def _verdict(self, sample: Sample) -> Verdict | None:
        if self._verifiers is None:
            return None
        try:
            return await self._verifiers.verify_sample(self._prompts[sample.prompt_id], sample)
        except DistillError as error:
            if self._job.agenda.policy.traits.needs_verdicts:
                raise
            if self._verifiers is not None:
                self._verifiers = None
                say(f"{error} Gathering goes on; `distill verify` gives the verdicts.")
            return None

    def _sample(self, line: BatchLine, done: Completion) -> Sample:
        sampling = line.sampling or self._job.settings.sampling
        reason = FinishReason(done.finish_reason or "stop")
        limit = line.max_tokens
        if reason is FinishReason.LENGTH and limit is not None and limit <= sampling.max_tokens:
            reason = FinishReason.CANCELLED
        parts = done.parts()
        return Sample(
            prompt_id=line.prompt_id,
            index=line.index,
            reasoning=parts.reasoning,
            answer=parts.answer,
            finish_reason=reason,
            num_tokens=done.num_tokens,
            num_prompt_tokens=done.num_prompt_tokens,
            teacher=self._job.teacher.model,
            sampling=sampling,
            seconds=0.0,  # nobody tells how long one request of a batch took
            finished_s=round(time.time(), 3),
        )

    def _refused(self, line: BatchLine, problem: RequestRefused) -> Sample:
        sample = self._sample(line, Completion(finish_reason=FinishReason.REFUSED))
        return sample.model_copy(update={"error": words_of(problem), "refusal": problem.kind})


class _Reading:
    """The results of one batch, each request's once, whatever the order and however often it is named."""

    def __init__(self, note: BatchNote, paths: Sequence[Path], is_new: "Callable[[BatchLine], bool]") -> None:
        self._note = note
        self._paths = paths
        self._is_new = is_new
        self._done: set[int] = set()
        self.refused: dict[int, RequestRefused] = {}
        self.failed: dict[int, Stumble] = {}

    def answers(self) -> Iterator[tuple[BatchLine, Completion]]:
        """Every answer; afterwards `refused` and `failed` hold the rest, as far as it was told."""
        for number, result in self._results():
            line = self._note.lines[number]
            if number in self._done or not self._is_new(line):
                continue
            if isinstance(result, Completion):
                self._done.add(number)
                self.refused.pop(number, None)
                yield line, result
            elif isinstance(result, RequestRefused):
                self.refused[number] = result
            else:
                self.failed[number] = result

    def unanswered(self) -> Iterator[tuple[int, BatchLine]]:
        """What was neither answered nor refused, and is not there from elsewhere."""
        for number, line in enumerate(self._note.lines):
            if number not in self._done and number not in self.refused and self._is_new(line):
                yield number, line

    def _results(self) -> Iterator[NumberedResult]:
        for path in self._paths:
            yield from results(path, self._note)


def _chunks(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    while chunk := list(islice(items, size)):
        yield chunk
