"""Where a run's requests go: the endpoints of its teacher, and how they are connected to."""

import asyncio
from collections.abc import Callable, Sequence

from distill.errors import TeacherError
from distill.recipe.sections import GenerateSection, TeacherSection
from distill.teacher.asking.access import connector
from distill.teacher.asking.client import Client
from distill.teacher.roster.endpoint import Endpoint, FixedEndpoint
from distill.teacher.roster.follow import roster_of
from distill.teacher.roster.named import Roster

KEYS = ("DISTILL_API_KEY", "OPENAI_API_KEY")
"""Variables that may hold the teacher's key; the first that is set is used."""


def connector_of(teacher: TeacherSection, settings: GenerateSection, urls: Sequence[str]) -> Callable[[str], Client]:
    """Connects to endpoints of the teacher; `urls` are those known at the start.

    Raises TeacherError where a key or a header cannot be sent.
    """
    return connector(teacher, teacher.served_name, settings.idle_timeout_s, urls, KEYS)


def endpoints_of(teacher: TeacherSection, endpoint: Endpoint | None) -> list[Endpoint]:
    """Those of the teacher; the given one where the teacher names neither endpoints nor a roster of them."""
    if endpoint is None or teacher.endpoints or teacher.endpoints_from is not None:
        return [FixedEndpoint(url) for url in teacher.endpoints]
    return [endpoint]


async def first_named(roster: Roster | None, others: tuple[str, ...]) -> tuple[str, ...]:
    """The endpoints that a roster names as a run begins. Raises TeacherError where there are none at all."""
    if roster is None:
        return ()
    urls, reason = await roster.read()
    if not urls and not others:
        raise TeacherError(f"{roster} names no endpoint ({reason}). Start a teacher there and run the command again.")
    return tuple(url for url in urls if url not in others)


def check_reachable(teacher: TeacherSection, settings: GenerateSection) -> None:
    """Raise TeacherError where none of the endpoints that a teacher names can be used now."""
    if teacher.endpoints or teacher.endpoints_from is not None:
        asyncio.run(_check_any(teacher, settings))


async def _check_any(teacher: TeacherSection, settings: GenerateSection) -> None:
    roster = roster_of(teacher.endpoints_from) if teacher.endpoints_from else None
    urls = (*teacher.endpoints, *await first_named(roster, teacher.endpoints))
    connect, problems = connector_of(teacher, settings, urls), list[TeacherError]()
    for url in urls:
        try:
            async with connect(url) as client:
                await client.check()
        except TeacherError as problem:
            problems.append(problem)
        else:
            return
    raise problems[0]
