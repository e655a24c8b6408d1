"""Where a teacher answers: at an endpoint that is there already, or that is started when it is needed."""

from typing import Protocol


class Endpoint(Protocol):
    """Where a teacher answers."""

    def url(self) -> str:
        """The base URL, `http://host:8000/v1`. The first call starts what has to be started, and waits for it."""
        ...

    def check(self) -> None:
        """To be called every second while it is in use: start again what has crashed. Raises TeacherError."""
        ...


class FixedEndpoint:
    """One that others look after."""

    def __init__(self, url: str) -> None:
        self._url = url

    def url(self) -> str:
        """As it was given."""
        return self._url

    def check(self) -> None:
        """Nothing: whether it answers, its requests tell."""
