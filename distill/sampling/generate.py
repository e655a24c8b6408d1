"""prompts ─▶ samples: ask the teacher until every group has what the policy wants."""

import asyncio
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Container, Iterator
from contextlib import AsyncExitStack, contextmanager

from distill import progress
from distill.errors import RunError, TeacherError
from distill.progress import Tally, say
from distill.recipe.sections import GenerateSection, TeacherSection, VerifySection
from distill.records import Outcome, Prompt
from distill.rows import columns as schemas
from distill.sampling.agenda import Agenda, Spending
from distill.sampling.growth import begin_sampling
from distill.sampling.policy import Ended, Group, Policy, parse_policy
from distill.sampling.sampler import Job, Sampler
from distill.sampling.watch import Watch
from distill.store import Keys, RowLookup, RunFolder
from distill.teacher.client import Client
from distill.teacher.endpoint import Endpoint, FixedEndpoint
from distill.teacher.follow import Follower, roster_of
from distill.teacher.pool import PATIENCE_S, EndpointPool
from distill.teacher.roster import Roster
from distill.verifiers.dispatch import Verifiers
from distill.verifiers.rejudging import begin_verifying
from distill.verifiers.verify import count_outcomes, verify_run


def generate(
    run: RunFolder,
    teacher: TeacherSection,
    settings: GenerateSection,
    endpoint: Endpoint | None,
    verify: VerifySection | None = None,
    only: Container[str] | None = None,
) -> None:
    """Draw every sample that the policy wants and the run lacks. What is drawn is on disk before it counts as done.

    `endpoint` is asked where `teacher` names none, and only for a run that lacks a sample. With `verify`, verdicts are
    given and stored meanwhile. `only` names the prompts of a pilot; the others stay to be drawn. A request that the
    endpoints will never answer is set aside with its reason, and counted. Ctrl-C lets what is under way finish; a
    second one stops at once.
    """
    policy = parse_policy(settings.policy)
    if verify is None and policy.traits.needs_verdicts:
        verify = VerifySection()
    begin_sampling(run, teacher, settings)
    if verify is not None and begin_verifying(run, verify) and policy.traits.needs_verdicts:
        run.reopen("generate")  # other verdicts may want other samples
    if run.manifest.stages["generate"].is_done:
        say(f"generate: all {run.samples.count():,} samples are there already.")
        _verify_missing(run, verify)
        return
    start = time.monotonic()
    if policy.traits.needs_verdicts and len(run.verdicts.keys()) < run.samples.count():
        verify_run(run, verify or VerifySection())  # an earlier attempt ended before these had theirs
    num_prompts = sum(only is None or row["id"] in only for row in run.prompts.rows(["id"]))
    with progress.stage("generate", num_prompts * policy.traits.max_samples) as tally:
        drawing = _Drawing(run, teacher, settings, tally, endpoint)
        counts = drawing.draw(policy, verify, only)
    if only is None:
        _keep_uncontinued(run)
    run.samples.close()
    run.verdicts.close()
    if only is None:
        seconds = time.monotonic() - start
        run.finish("generate", {"samples": run.samples.count(), **counts}, seconds, drawing.rests_on)
        _verify_missing(run, verify)


def _verify_missing(run: RunFolder, verify: VerifySection | None) -> None:
    """Verdicts that an attempt which was killed, or could not keep up, has left; then the stage is done as well."""
    if verify is None:
        return
    if run.verdicts.count() < run.samples.count():
        verify_run(run, verify)
    elif not run.manifest.stages["verify"].is_done:
        run.finish("verify", count_outcomes(run), 0.0)


def _keep_uncontinued(run: RunFolder) -> None:
    """Truncated samples that the policy does not want continued stay what they are."""
    known = run.samples.keys() if run.cut.shards() else Keys()
    for row in run.cut.rows():
        if run.samples.key(row) not in known:
            run.samples.append(row)


class _Drawing:
    """An attempt to draw what is missing."""

    def __init__(
        self,
        run: RunFolder,
        teacher: TeacherSection,
        settings: GenerateSection,
        tally: Tally,
        endpoint: Endpoint | None,
    ) -> None:
        self._run = run
        self._teacher = teacher
        self._settings = settings
        self._tally = tally
        self._endpoints = _endpoints(teacher, endpoint)
        self._spending = Spending()
        self.rests_on: dict[str, str] = {}
        """What the verdicts given meanwhile rest on, by verifier."""

    def draw(self, policy: Policy, verify: VerifySection | None, only: Container[str] | None) -> dict[str, int]:
        """Draw all; returns what was bought and saved. Raises RunError where the user stops it."""
        before = self._drawn_before(policy)
        self._tally.skip(sum(len(drawn) for name, drawn in before.items() if only is None or name in only))
        agenda = Agenda(policy, _groups(self._run, before, only), self._spending)
        if not self._is_missing(policy, before, only):
            return {}
        urls = tuple(endpoint.url() for endpoint in self._endpoints)
        try:
            is_stopped = asyncio.run(self._draw(agenda, urls, verify))
        except asyncio.CancelledError:
            is_stopped = True
        if is_stopped:
            raise RunError(f"Stopped as asked; what was answered is stored. To go on: {_command()}")
        return self._bought(agenda)

    def _bought(self, agenda: Agenda) -> dict[str, int]:
        spent, saved = self._spending.num_tokens, agenda.num_tokens_saved
        if not saved:
            return {}
        say(f"{self._settings.policy} bought {spent:,} teacher tokens; without it about {spent + saved:,} would have "
            f"been bought, so it saved {saved / (spent + saved):.0%}.")  # fmt: skip
        return {"tokens": spent, "tokens_saved": saved}

    async def _draw(self, agenda: Agenda, urls: tuple[str, ...], verify: VerifySection | None) -> bool:
        """True where the user has stopped it."""
        key = os.environ.get("DISTILL_API_KEY")

        def connect(url: str) -> Client:
            return Client(url, self._teacher.served_name, self._settings.idle_timeout_s, key)

        async with AsyncExitStack() as stack:
            verifiers = await stack.enter_async_context(Verifiers(verify)) if verify else None
            roster = roster_of(self._teacher.endpoints_from) if self._teacher.endpoints_from else None
            pool = await stack.enter_async_context(EndpointPool(connect, self._settings.concurrency, say, PATIENCE_S))
            await pool.open((*urls, *await _first_named(roster, urls)))
            if roster is not None:
                following = asyncio.create_task(Follower(roster, urls, pool, say).follow())
                stack.callback(following.cancel)
            job = Job(self._run, self._teacher, self._settings, agenda, self._tally, RowLookup(self._run.cut))
            sampler = Sampler(job, pool, verifiers)
            watch = Watch(self._run.path, agenda, self._tally, self._teacher.price)
            with _stopped_by_signals(sampler):
                await sampler.draw_all(lambda: self._check(watch, pool))
            watch.look(pool, is_over=True)
            self.rests_on = verifiers.describe() if verifiers else {}
            return sampler.is_stopping

    def _check(self, watch: Watch, pool: EndpointPool) -> None:
        for endpoint in self._endpoints:
            endpoint.check()
        pool.look()
        watch.look(pool)

    def _is_missing(self, policy: Policy, before: dict[str, dict[int, Ended]], only: Container[str] | None) -> bool:
        """Whether any group wants a sample; a look ahead, so that no engine is started in vain."""
        ids = (str(row["id"]) for row in self._run.prompts.rows(["id"]))
        wanted = (name for name in ids if only is None or name in only)
        return any(policy.decide(Group(ended=before.get(name, {}))).start for name in wanted)

    def _drawn_before(self, policy: Policy) -> dict[str, dict[int, Ended]]:
        """What earlier attempts drew."""
        outcomes: dict[tuple[str, int], Outcome] = {}
        if policy.traits.needs_verdicts:
            rows = self._run.verdicts.rows(["prompt_id", "index", "outcome"])
            outcomes = {self._run.verdicts.key(row): Outcome(str(row["outcome"])) for row in rows}
        before: dict[str, dict[int, Ended]] = {}
        for row in self._run.samples.rows(["prompt_id", "index", "num_tokens", "finish_reason"]):
            name, index = key = self._run.samples.key(row)
            num_tokens, reason = row["num_tokens"], row["finish_reason"]
            assert isinstance(num_tokens, int)
            ended = Ended(num_tokens, outcomes.get(key), reason == "cancelled", reason == "refused")
            before.setdefault(name, {})[index] = ended
            self._spending.add(ended, is_probe=index < policy.traits.num_probes)
            if ended.outcome is not None and index < policy.traits.num_probes:
                self._spending.decide(ended.outcome)
        return before


def _endpoints(teacher: TeacherSection, endpoint: Endpoint | None) -> list[Endpoint]:
    """Those of the teacher; the given one where the teacher names neither endpoints nor a roster of them."""
    if endpoint is None or teacher.endpoints or teacher.endpoints_from is not None:
        return [FixedEndpoint(url) for url in teacher.endpoints]
    return [endpoint]


async def _first_named(roster: Roster | None, others: tuple[str, ...]) -> tuple[str, ...]:
    """The endpoints that a roster names as a run begins. Raises TeacherError where there are none at all."""
    if roster is None:
        return ()
    urls, reason = await roster.read()
    if not urls and not others:
        raise TeacherError(f"{roster} names no endpoint ({reason}). Start a teacher there and run the command again.")
    return tuple(url for url in urls if url not in others)


def _groups(
    run: RunFolder, before: dict[str, dict[int, Ended]], only: Container[str] | None
) -> Iterator[tuple[Prompt, Group]]:
    for row in run.prompts.rows():
        if only is None or row["id"] in only:
            prompt = schemas.prompt_of(row)
            yield prompt, Group(ended=before.pop(prompt.id, {}))


@contextmanager
def _stopped_by_signals(sampler: Sampler) -> Iterator[None]:
    """Ctrl-C or SIGTERM: finish what is under way; once more: stop at once. What was answered is stored anyway."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def stop() -> None:
        if sampler.is_stopping:
            assert task is not None
            task.cancel()
            return
        say(
            f"Stopping: {sampler.num_under_way:,} requests under way are waited for; once more to stop at once. "
            f"To go on later: {_command()}"
        )
        sampler.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _command() -> str:
    """The command line that was given."""
    return shlex.join(["distill", *sys.argv[1:]])
