"""The program's end of the link: its functions and objects, for the assertions to use by handle.

Everything here may be tampered with by the program, which gains it nothing.
"""

from collections.abc import Callable
from typing import NoReturn

from distill.sandbox.inside.link import Message
from distill.sandbox.inside.peer import Peer
from distill.sandbox.inside.trust import Trust

Find = Callable[[str, dict[str, object]], object]


class ProgramServer:
    """Serves a program's names."""

    is_guarded = False
    is_sharing = False
    trust: Trust | None = None

    def __init__(self, fd: int, namespace: dict[str, object], find: Find) -> None:
        self._namespace, self._find = namespace, find
        self._peer = Peer(fd, self)

    def serve_all(self) -> None:
        """Answer until the assertions are through."""
        self._peer.serve()

    def serve(self, message: Message) -> object:
        """Names of the program: those that it has of some, or defines itself."""
        match message:
            case {"do": "names", "names": list() as names}:
                return {str(name): self._named(str(name)) for name in names if self._has(str(name))}
            case {"do": "own", "names": list() as names}:
                return {str(name): self._namespace[name] for name in names if name in self._namespace}
        raise ValueError(f"no such request: {message}")

    def _has(self, name: str) -> bool:
        try:
            self._named(name)
        except NameError:
            return False
        return True

    def _named(self, name: str) -> object:
        return self._namespace[name] if name in self._namespace else self._find(name, self._namespace)

    # The tests are trusted: whatever they do with the program's objects is theirs to do.

    def before(self) -> None:
        """Nothing to note."""

    def after(self) -> None:
        """Nothing to note."""

    def malformed(self, error: BaseException) -> NoReturn:
        """Fail; the program's objects may be in the way of reading what came."""
        raise error

    def raised(self, error: BaseException, name: str) -> None:
        """Nothing to note."""

    def leaves(self, error: object) -> None:
        """Nothing to note."""

    def callback_failed(self, error: BaseException) -> None:
        """Nothing to note."""
