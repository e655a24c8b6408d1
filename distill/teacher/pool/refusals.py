"""Is it the request that an endpoint refuses, or everything we send? Pure: told what was sent, refused and answered."""

from distill.records import RefusalKind
from distill.teacher.trouble.kinds import RequestRefused

NUM_ALIKE = {RefusalKind.ACCESS: 4, RefusalKind.SETTING: 8, RefusalKind.CONTEXT: 8, RefusalKind.OTHER: 8}
"""Groups that have to be refused alike. What speaks of the content of a prompt never concerns the next one."""


class Refusals:
    """What one endpoint has refused since it last answered.

    A refusal comes at once and an answer takes minutes, so that the refusals that come first say nothing by their
    number. It refuses everything where those requests that were *sent* first were all refused alike, and none of them
    is still under way.
    """

    def __init__(self) -> None:
        self._num_sent = 0
        self._under_way: dict[int, None] = {}
        self._refused: dict[str, dict[str, int]] = {}
        """Of each kind of refusal: the groups that met it, and which request of theirs met it first."""
        self.has_answered = False

    def send(self) -> int:
        """A request goes out; give the number back with what became of it."""
        self._num_sent += 1
        self._under_way[self._num_sent] = None
        return self._num_sent

    def end(self, sent: int) -> None:
        """A request is over, whatever became of it."""
        self._under_way.pop(sent, None)

    def accept(self) -> None:
        """It answers a request, or has begun to."""
        self.has_answered = True
        self._refused.clear()

    def refuse(self, sent: int, group: str, problem: RequestRefused) -> bool:
        """It has refused a request. True where it refuses everything.

        Once it has answered, a setting cannot be at fault any more, but a key may expire and credit may end.
        """
        self.end(sent)
        num_needed = NUM_ALIKE.get(problem.kind)
        if num_needed is None or (self.has_answered and problem.kind is not RefusalKind.ACCESS):
            return False
        groups = self._refused.setdefault(alike(problem), {})
        groups.setdefault(group, sent)
        first_open = next(iter(self._under_way), self._num_sent + 1)
        return sum(number < first_open for number in groups.values()) >= num_needed


def alike(problem: RequestRefused) -> str:
    """What refusals of the same kind have in common: the words, without numbers and the ids of requests.

    >>> alike(RequestRefused("HTTP 400: 32768 tokens and 12 in the messages"))
    'other HTTP tokens and in the messages'
    """
    words = (word for word in str(problem).split() if not any(character.isdigit() for character in word))
    return " ".join((problem.kind.value, *words))
