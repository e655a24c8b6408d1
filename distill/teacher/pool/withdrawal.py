"""Waits that end when the user stops a run."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

Result = TypeVar("Result")


class Withdrawn(Exception):  # noqa: N818 - a decision, not a failure
    """The run was stopped while a request waited for another try."""


class Withdrawal:
    """May be asked for once."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """End all waits, those to come too."""
        self._asked.set()

    async def unless_asked(self, waiting: Awaitable[Result]) -> Result:
        """What a wait ends with. Raises Withdrawn where the withdrawal comes first."""
        waited, asked = asyncio.ensure_future(waiting), asyncio.ensure_future(self._asked.wait())
        try:
            await asyncio.wait((waited, asked), return_when=asyncio.FIRST_COMPLETED)
            if waited.done():
                return waited.result()
            raise Withdrawn
        finally:
            waited.cancel()
            asked.cancel()
