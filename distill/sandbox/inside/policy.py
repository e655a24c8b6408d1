"""What one end of a link between a program and its tests holds of the other."""

from typing import NoReturn, Protocol

from distill.sandbox.inside.link import Message
from distill.sandbox.inside.trust import Trust


class LinkPolicy(Protocol):
    """What one end of a link holds of the other."""

    is_guarded: bool
    """The other end may be hostile: it is told no more than what it was lent, and what it says is checked."""
    is_sharing: bool
    """Containers that the other end gives are known to both ends, and not copied."""
    trust: Trust | None
    """What is believed of its objects; None: everything."""

    def before(self) -> None:
        """The other end is about to be asked."""

    def after(self) -> None:
        """Its answer has been read."""

    def malformed(self, error: BaseException) -> NoReturn:
        """It has said what makes no sense."""
        ...

    def raised(self, error: BaseException, name: str) -> None:
        """It has raised an error, which will be raised here; `name` is the attribute or special method, if any."""

    def leaves(self, error: object) -> None:
        """An error leaves a `with` block of the other end, which could swallow it."""

    def serve(self, message: Message) -> object:
        """Answer what only this end can."""
        ...

    def callback_failed(self, error: BaseException) -> None:
        """What was lent has raised an error for the other end."""
