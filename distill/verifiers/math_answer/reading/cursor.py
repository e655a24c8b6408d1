"""A position in the tokens of one answer, and who reads from it."""

from typing import Protocol

from distill.verifiers.math_answer.reading.tokens import END, Token
from distill.verifiers.math_answer.tree import Tree, UnreadableError

_MAX_TOKENS = 2500
_LOGICAL = {"lor": Token("sep", "or"), "land": Token("sep", "and")}


class Cursor:
    """Reads tokens one by one; notes what needs work once the tree is made."""

    def __init__(self, tokens: list[Token]) -> None:
        if len(tokens) > _MAX_TOKENS:
            raise UnreadableError("too many tokens")
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.num_bars = 0
        """Absolute values that are open here."""
        self.has_signs = False
        """Whether a plus-minus was read."""
        self.has_words = False

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


# -- several statements: what joins them becomes a separator


def separated(tokens: list[Token]) -> list[Token]:
    r"""The tokens with a separator where "or" stands between relations, and before a range in parentheses.

    `x = 1 \lor x = 2` and `x = k\pi\ (k \in \mathbb{Z})` are lists of two.
    """
    num_relations = sum(token.kind == "rel" for token in tokens)
    if not num_relations:
        return tokens
    num_logical = sum(token.value in _LOGICAL for token in tokens)
    if num_logical and num_relations > num_logical:
        tokens = [_LOGICAL.get(token.value, token) for token in tokens]
    return _with_ranges(tokens) if Token("rel", "in") in tokens else tokens


def _with_ranges(tokens: list[Token]) -> list[Token]:
    r"""The parentheses around `k \in S`, after a value, as a separator before it."""
    kept, skipped = list[Token](), -1
    for at, token in enumerate(tokens):
        is_range = (
            token == Token("open", "(")
            and at > 0
            and tokens[at - 1].kind not in {"open", "sep", "op", "rel"}
            and [t.kind for t in tokens[at + 1 : at + 5]] == ["name", "rel", "set", "close"]
        )
        if is_range:
            kept.append(Token("sep", ","))
            skipped = at + 4
        elif at != skipped or token is END:
            kept.append(token)
    return kept
