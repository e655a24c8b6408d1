"""Marks whose meaning only their surroundings tell: put into tokens that say it before the grammar reads them."""

from collections.abc import Callable

from distill.verifiers.math_answer.reading.bounds import sign_after
from distill.verifiers.math_answer.reading.tokens import END, Token

_LOGICAL = {"lor": Token("sep", "or"), "land": Token("sep", "and")}
_OPERAND_ENDS = frozenset({"num", "name", "const", "close", "text", "one", "set"})
_EVENTS = frozenset({"P", "Pr"})
"""Letters before an event, whose probability they name."""
_EXPLAINED = frozenset({"text", "name", "op"})
_OPENING, _CLOSING = Token("open", "("), Token("close", ")")


def settled(tokens: list[Token]) -> list[Token]:
    r"""The tokens with separators, brackets and remarks for the marks that stand for them.

    `x = 1 \lor x = 2` and `x = k\pi\ (k \in \mathbb{Z})` are lists of two; `]1, 2[` is an interval, `(2|-3)` a point;
    `9 (apples)` has a unit, `2\sqrt{3}\ (\approx 3.46)` a rounded value behind it.
    """
    kinds, values = (set(column) for column in zip(*tokens, strict=True))
    if "text" in kinds and "or" in values:
        tokens = _with_open_ends(tokens)
    if not values.isdisjoint(_LOGICAL):
        tokens = _with_alternatives(tokens)
    if not values.isdisjoint("[]"):
        tokens = _with_outward_brackets(tokens)
    if "(" not in values:
        return tokens
    if "bar" in kinds:
        tokens = _unbracketed(tokens, _is_barred, _with_comma)
    if "text" in kinds:
        tokens = _unbracketed(tokens, _is_explanation, _as_words)
    if "rel" in kinds:
        tokens = _unbracketed(tokens, _is_rounded, lambda inner: inner)
        tokens = _unbracketed(tokens, _is_range, lambda inner: [Token("sep", ","), *inner])
    return tokens


def _with_alternatives(tokens: list[Token]) -> list[Token]:
    """A separator where "or" or "and" stands between relations or numbers."""
    num_relations = sum(token.kind == "rel" for token in tokens)
    logical = [at for at, token in enumerate(tokens) if token.value in _LOGICAL]
    are_between_numbers = all(tokens[at - 1].kind == tokens[at + 1].kind == "num" for at in logical)
    if num_relations > len(logical) or are_between_numbers:
        return [_LOGICAL.get(token.value, token) for token in tokens]
    return tokens


def _with_open_ends(tokens: list[Token]) -> list[Token]:
    """`24 or more` with its last two words as one."""
    kept = list[Token]()
    for token in tokens:
        if kept and kept[-1] == Token("sep", "or") and token.kind == "text" and sign_after(f"or {token.value}"):
            kept[-1] = Token("text", f"or {token.value}")
        else:
            kept.append(token)
    return kept


def _with_outward_brackets(tokens: list[Token]) -> list[Token]:
    """Brackets that open where an operand ends, or close where one begins, as the ends of an open interval."""
    kept, before, num_open = list[Token](), END, 0
    for at, token in enumerate(tokens):
        is_after_operand = before.kind in _OPERAND_ENDS
        changed = token
        if token == Token("close", "]") and not is_after_operand and not num_open:
            changed = Token("open", "]")
        elif (
            token == Token("open", "[")
            and is_after_operand
            and num_open
            and tokens[at + 1].kind in {"eof", "sep", "op", "close"}
        ):
            changed = Token("close", "[")
        num_open += (changed.kind == "open" and changed.value in "([]") - (
            changed.kind == "close" and changed.value in ")]["
        )
        before = changed
        kept.append(changed)
    return kept


# -- parentheses that stand for something else


def _unbracketed(
    tokens: list[Token], is_meant: Callable[[list[Token], Token], bool], change: Callable[[list[Token]], list[Token]]
) -> list[Token]:
    """The tokens with `change` of their content for those innermost parentheses that are meant."""
    kept, opened = list[Token](), -1
    for token in tokens:
        kept.append(token)
        if token == _OPENING:
            opened = len(kept) - 1
        elif token == _CLOSING and opened >= 0:
            inner, before = kept[opened + 1 : -1], kept[opened - 1] if opened else END
            if inner and is_meant(inner, before):
                kept[opened:] = change(inner)
            opened = -1
        elif token.kind in {"open", "close"} and token.value != "group":
            opened = -1
    return kept


def _is_range(inner: list[Token], before: Token) -> bool:
    r"""`k \in S` or `y > 0`, after a value."""
    kinds = [token.kind for token in inner[:2]]
    is_condition = kinds == ["name", "rel"] and inner[1].value in {"in", "<", ">", "<=", ">=", "!="}
    return is_condition and before.kind not in {"eof", "open", "sep", "op", "rel", "fn"} and before.value not in _EVENTS


def _is_rounded(inner: list[Token], before: Token) -> bool:
    """A value behind a sign of rounding, after the value that it rounds."""
    return inner[0] == Token("rel", "~") and len(inner) > 1 and before.kind in _OPERAND_ENDS


def _is_explanation(inner: list[Token], before: Token) -> bool:
    """Words after a number: its unit or what is counted."""
    kinds = {token.kind for token in inner}
    return before.kind in {"num", "close"} and "text" in kinds and kinds <= _EXPLAINED


def _as_words(inner: list[Token]) -> list[Token]:
    return [Token("text", " ".join(token.value for token in inner).replace(" - ", "-"))]


def _is_barred(inner: list[Token], before: Token) -> bool:
    """Two coordinates with a bar between, as in `S(-1|4)`."""
    bars = [at for at, token in enumerate(inner) if token.kind == "bar"]
    is_number = all(token.kind in {"num", "op", "bar"} for token in inner)
    return len(bars) == 1 and 0 < bars[0] < len(inner) - 1 and (is_number or before.value not in _EVENTS)


def _with_comma(inner: list[Token]) -> list[Token]:
    return [_OPENING, *(Token("sep", ",") if token.kind == "bar" else token for token in inner), _CLOSING]
