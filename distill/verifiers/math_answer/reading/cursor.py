"""A position in the tokens of one answer, and who reads from it."""

from typing import Protocol

from distill.verifiers.math_answer.reading.tokens import END, Token
from distill.verifiers.math_answer.tree import Tree, UnreadableError

_MAX_TOKENS = 2500
_NAME_PARTS = frozenset({"name", "sub", "num", "open", "close", "one"})
_ARGUMENT_PARTS = frozenset({"name", "num", "sep", "const"})


class Cursor:
    """Reads tokens one by one; notes what needs work once the tree is made."""

    def __init__(self, tokens: list[Token]) -> None:
        if len(tokens) > _MAX_TOKENS:
            raise UnreadableError("too many tokens")
        self.tokens = tokens
        self.at = 0
        self.start = 0
        """Where the statement that is read here begins."""
        self.depth = 0
        self.num_atoms = 0
        """Atoms that were begun."""
        self.num_bars = 0
        """Absolute values that are open here."""
        self.has_signs = False
        """Whether a plus-minus was read."""
        self.has_words = False
        self.has_operators = False
        """Whether a limit, an integral or a sum was read."""

    def peek(self) -> Token:
        """The next token, left in place."""
        return self.tokens[self.at]

    def next(self) -> Token:
        """The next token, taken; the end stays."""
        token = self.tokens[self.at]
        self.at += token is not END
        return token

    def take(self, kind: str, value: str | None = None) -> bool:
        """Whether the next token is this one, which is then taken."""
        token = self.tokens[self.at]
        if token.kind == kind and (value is None or token.value == value):
            self.at += 1
            return True
        return False

    def is_definition_ahead(self) -> bool:
        """Whether `(x, y) =` follows a name that begins a statement, as in `u(x, t) = 2x`, which defines a function."""
        named = self.tokens[self.start : self.at]
        if (
            self.peek() != Token("open", "(")
            or not named
            or named[0].kind not in {"name", "cmd"}
            or any(t.kind not in _NAME_PARTS for t in named[1:])
        ):
            return False
        if len(named) > 1 and named[1].kind == "name":
            return False
        end = self.at + 1
        while self.tokens[end].kind in _ARGUMENT_PARTS:
            end += 1
        return self.tokens[end : end + 2] == [Token("close", ")"), Token("rel", "=")] and end > self.at + 1

    def event_ahead(self) -> str:
        """What stands in the parentheses ahead, taken, if it is an event: `X = 5`, `A | B`; "" for anything else."""
        depth, is_event = 0, False
        for at in range(self.at, len(self.tokens)):
            token = self.tokens[at]
            depth += (token.kind == "open") - (token.kind == "close")
            is_event |= token.kind in {"rel", "bar"} or token.value in {"union", "intersection"}
            if depth == 0:
                event = "".join(t.value for t in self.tokens[self.at + 1 : at] if is_event and t.value != "group")
                self.at = at + 1 if is_event else self.at
                return event
        return ""

    def raw_argument(self) -> str:
        """The tokens of a group, or one token, as text."""
        if not self.take("open", "group"):
            sign = self.next().value if self.peek().value == "-" else ""
            return sign + self.next().value
        parts: list[str] = []
        while not self.take("close", "group"):
            if self.peek() is END:
                break
            parts.append(self.next().value)
        return "".join(parts)


class Reader(Protocol):
    """What reads expressions from a cursor: what the readers of smaller parts need of the grammar."""

    cursor: Cursor

    def sequence(self, closers: tuple[str, ...]) -> Tree:
        """Items up to a closing token, which is left in place."""
        ...

    def expression(self, binding: int) -> Tree:
        """An expression of operators that bind more tightly than `binding`."""
        ...

    def starts_factor(self, token: Token) -> bool:
        """Whether the token begins a factor of an implicit product."""
        ...

    def power(self) -> Tree:
        """A primary with its postfixes."""
        ...

    def primary(self) -> Tree:
        """What a single token begins."""
        ...

    def group(self) -> Tree:
        """`{…}` without meaning of its own."""
        ...

    def argument(self) -> Tree:
        """An argument of a command."""
        ...
