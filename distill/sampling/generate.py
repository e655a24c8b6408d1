"""prompts ─▶ samples: ask the teacher until every group has what the policy wants."""

import asyncio
import time
from collections.abc import Container, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager

from distill import progress
from distill.errors import RunError
from distill.progress import Tally, say
from distill.recipe.sections import GenerateSection, Price, TeacherSection, VerifySection
from distill.sampling.agenda import Agenda
from distill.sampling.batches.sampler import close_stored_batches, drawing_with
from distill.sampling.before import Before, drawn_before
from distill.sampling.checks import check_sampling, undecidable_sentence
from distill.sampling.endpoints import connector_of, endpoints_of, first_named
from distill.sampling.growth import begin_sampling
from distill.sampling.policy import Policy
from distill.sampling.purse import Purse
from distill.sampling.refused import refused_of, told
from distill.sampling.sampler import Job
from distill.sampling.stopping import command, redraw_command, stopped_by_signals
from distill.sampling.watch import Watch
from distill.store import Keys, RowLookup, RunFolder
from distill.teacher.pool.pool import EndpointPool, PoolLimits
from distill.teacher.roster.endpoint import Endpoint
from distill.teacher.roster.follow import Follower, roster_of
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
) -> bool:
    """Draw every sample that the policy wants and the run lacks. What is drawn is on disk before it counts as done.

    `endpoint` is asked where `teacher` names none, and only for a run that lacks a sample. With `verify`, verdicts are
    given and stored meanwhile. `only` names the prompts of a pilot; the others stay to be drawn. A request that the
    endpoints will never answer is set aside with its reason, and counted. Ctrl-C lets what is under way finish; a
    second one stops at once. Returns whether all is drawn: False where a limit on cost or samples ended it before.
    """
    policy = check_sampling(teacher, settings, verify)
    if verify is None and policy.traits.needs_verdicts:
        verify = VerifySection()
    begin_sampling(run, teacher, settings)
    if verify is not None:
        _begin_verifying(run, verify, policy)
    if run.manifest.stages["generate"].is_done:
        say(f"generate: all {run.samples.count():,} samples are there already.")
        _verify_missing(run, verify)
        _tell_refused(run)
        return True
    with _counted(run, teacher.price):
        before = drawn_before(run, policy, verify, only)
        with progress.stage("generate", before.num_prompts * policy.traits.max_samples) as tally:
            drawing = _Drawing(run, teacher, settings, tally, endpoint, before)
            counts = drawing.draw(policy, verify)
    run.samples.close()
    run.verdicts.close()
    if only is None and drawing.limit is None:
        _finish(run, verify, counts, drawing.rests_on)
    _tell_refused(run)
    if drawing.limit is not None:
        say(f"Ended by {drawing.limit}. Nothing is lost; to go on, raise the limit and run it again: {command()}")
    return drawing.limit is None


def _begin_verifying(run: RunFolder, verify: VerifySection, policy: Policy) -> None:
    if begin_verifying(run, verify) and policy.traits.needs_verdicts:
        run.reopen("generate")  # other verdicts may want other samples


def _finish(run: RunFolder, verify: VerifySection | None, counts: dict[str, int], rests_on: Mapping[str, str]) -> None:
    """All is drawn. Its time was counted already."""
    _keep_uncontinued(run)
    run.samples.close()
    run.finish("generate", {"samples": run.samples.count(), **counts}, 0.0, rests_on)
    _verify_missing(run, verify)


@contextmanager
def _counted(run: RunFolder, price: Price | None) -> Iterator[None]:
    """What an attempt takes is added to the stage's time however it ends; the price is kept from its start."""
    run.note_attempt("generate", 0.0, price)
    start = time.monotonic()
    try:
        yield
    finally:
        run.note_attempt("generate", time.monotonic() - start, None)


def _tell_refused(run: RunFolder) -> None:
    """Name what was refused, and how it is drawn again."""
    refused = refused_of(run)
    if refused:
        say(f"refused {told(refused)}. Where that can be mended, draw these alone again: {redraw_command()}")


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
        before: Before,
    ) -> None:
        self._run = run
        self._teacher = teacher
        self._settings = settings
        self._tally = tally
        self._endpoints = endpoints_of(teacher, endpoint)
        self._before = before
        self._purse = Purse(settings, run.manifest.stages["generate"].price, before.bought)
        self.limit: str | None = None
        """The limit that ended it before all was drawn, in words."""
        self.rests_on: dict[str, str] = {}
        """What the verdicts given meanwhile rest on, by verifier."""

    def draw(self, policy: Policy, verify: VerifySection | None) -> dict[str, int]:
        """Draw all; returns what was bought and saved. Raises RunError where the user stops it."""
        before, prompts = self._before, self._run.prompts
        self._tally.skip(before.num_samples)
        groups = before.groups(prompts, lambda group: agenda.passes_over(group))  # noqa: PLW0108 - made below
        agenda = Agenda(policy, groups, before.spending)
        if not agenda.wants_any():
            close_stored_batches(self._run)
            return {}
        if verify is not None:
            self._warn(policy, verify)
        urls = tuple(endpoint.url() for endpoint in self._endpoints)
        try:
            is_stopped = asyncio.run(self._draw(agenda, urls, verify))
        except asyncio.CancelledError:
            is_stopped = True
        if is_stopped:
            raise RunError(f"Stopped as asked; what was answered is stored. To go on: {command()}")
        return self._bought(agenda)

    def _bought(self, agenda: Agenda) -> dict[str, int]:
        spent, saved = self._before.spending.num_tokens, agenda.num_tokens_saved
        if not saved:
            return {}
        say(f"{self._settings.policy} bought {spent:,} teacher tokens; without it about {spent + saved:,} would have "
            f"been bought, so it saved {saved / (spent + saved):.0%}.")  # fmt: skip
        return {"tokens": spent, "tokens_saved": saved}

    async def _draw(self, agenda: Agenda, urls: tuple[str, ...], verify: VerifySection | None) -> bool:
        """True where the user has stopped it."""
        connect = connector_of(self._teacher, self._settings, urls)
        async with AsyncExitStack() as stack:
            verifiers = await stack.enter_async_context(Verifiers(verify)) if verify else None
            roster = roster_of(self._teacher.endpoints_from) if self._teacher.endpoints_from else None
            pool = await stack.enter_async_context(EndpointPool(connect, _limits(self._settings), say))
            await pool.open((*urls, *await first_named(roster, urls)))
            if roster is not None:
                following = asyncio.create_task(Follower(roster, urls, pool, say).follow())
                stack.callback(following.cancel)
            job = Job(
                self._run, self._teacher, self._settings, agenda, self._tally, RowLookup(self._run.cut), self._purse
            )
            sampler = drawing_with(job, pool, verifiers)
            watch = Watch(self._run.path, agenda, self._tally, self._purse, self._before.num_passed)
            with stopped_by_signals(sampler):
                await sampler.draw_all(lambda: self._check(watch, pool))
            watch.look(pool, is_over=True)
            if (lost := pool.num_tokens_lost) > 0:
                say(f"Beside these, {lost:,} tokens came of answers that broke off; those were drawn again.")
            self.rests_on = verifiers.describe() if verifiers else {}
            self.limit = self._purse.limit_reached() if sampler.is_purse_empty else None
            return sampler.is_stopping

    def _warn(self, policy: Policy, verify: VerifySection) -> None:
        """Name the prompts whose samples would be bought for nothing."""
        prompts = (prompt for prompt, _ in self._before.groups(self._run.prompts, lambda _: False))
        sentence = undecidable_sentence(prompts, verify, policy.traits.max_samples)
        if sentence is not None:
            say(sentence)

    def _check(self, watch: Watch, pool: EndpointPool) -> None:
        for endpoint in self._endpoints:
            endpoint.check()
        pool.look()
        watch.look(pool)


def _limits(settings: GenerateSection) -> PoolLimits:
    a_minute = settings.requests_per_minute, settings.tokens_per_minute
    return PoolLimits(settings.concurrency, settings.patience_s, *a_minute)
