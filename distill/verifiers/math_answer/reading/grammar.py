"""The grammar: lists of relations between measured expressions, by precedence climbing."""

from distill.verifiers.math_answer.reading import atoms, brackets, functions, measures
from distill.verifiers.math_answer.reading.bounds import ORDERED, bounded, joined, sign_before
from distill.verifiers.math_answer.reading.cursor import Cursor
from distill.verifiers.math_answer.reading.domains import domain
from distill.verifiers.math_answer.reading.exponents import in_degrees, raised
from distill.verifiers.math_answer.reading.functions import choices_of, double_factorial
from distill.verifiers.math_answer.reading.labels import labels_as_words, without_operators, written_out
from distill.verifiers.math_answer.reading.marks import settled
from distill.verifiers.math_answer.reading.matrices import combine, environment
from distill.verifiers.math_answer.reading.tokens import END, Token
from distill.verifiers.math_answer.tree import (
    Apply,
    Const,
    Interval,
    Items,
    Num,
    Ratio,
    Relation,
    SetOp,
    Tree,
    UnreadableError,
    Var,
    is_scalar,
)  # fmt: skip

MAX_DEPTH = 300
MAX_ATOMS = 8_000
"""Atoms that are begun, those counted again that one reading gave back to another: each may double them."""
_BINDING = {
    "lor": 2, "land": 3, "union": 4, "minus": 4, "intersection": 5, ":": 8,
    "+": 10, "-": 10, "pm": 10, "mp": 10, "*": 20, "/": 20, "mod": 20,
}  # fmt: skip
_PRODUCT, _SIGNED = 20, 12
_OPS = {"+": "add", "*": "mul", "/": "div", "lor": "max", "land": "min"}
_POSTFIXES = frozenset({"pow", "op", "text", "open", "cmd"})
_STARTS = frozenset({"num", "name", "const", "open", "fn", "cmd", "begin"})


class Grammar:
    """One pass over the tokens of one answer."""

    def __init__(self, tokens: list[Token]) -> None:
        self.cursor = Cursor(settled(tokens))

    # -- structure

    def whole(self) -> tuple[Tree, ...]:
        """What all tokens may mean."""
        tree = self.sequence(("eof",))
        if self.cursor.next() is not END:
            raise UnreadableError("something is left over")
        if self.cursor.has_operators:
            tree = without_operators(tree)
        if self.cursor.has_words:
            tree = labels_as_words(tree)
        return written_out(tree) if self.cursor.has_signs else (tree,)

    def sequence(self, closers: tuple[str, ...]) -> Tree:
        """Items up to a closing token, which is left in place: one tree, or a list; `;` groups what `,` separates."""
        groups: list[list[Tree]] = [[]]
        joints = set[str]()
        cursor = self.cursor
        token = cursor.tokens[cursor.at]
        while token.kind not in closers and token is not END:
            if token.kind == "sep":
                cursor.at += 1
                joints.add(token.value)
                if token.value == ";" and groups[-1]:
                    groups.append([])
                token = cursor.tokens[cursor.at]
                continue
            groups[-1].append(self._item())
            token = cursor.tokens[cursor.at]
            if token.kind != "sep" and token is not END and token.kind not in closers:
                raise UnreadableError(f"unexpected {token.value or token.kind!r}")
        if len(groups) == 1 and len(groups[0]) == 1:
            return groups[0][0]
        groups = [group for group in groups if group]
        if not groups:
            raise UnreadableError("nothing there")
        if len(groups) > 1 and any(len(group) > 1 for group in groups):
            return Items("list", tuple(Items("(", tuple(g)) if len(g) > 1 else g[0] for g in groups))
        items = tuple(item for group in groups for item in group)
        return joined(items, joints) if len(items) > 1 else items[0]

    def _item(self) -> Tree:
        """A chain of relations; single values carry their unit."""
        self.cursor.start = self.cursor.at
        if sign := self._sign_ahead():
            return bounded(sign, measures.measured(self))
        first = measures.measured(self)
        if self.cursor.tokens[self.cursor.at].kind != "rel":
            return first
        terms, comparisons = [first], list[str]()
        while self.cursor.peek().kind == "rel":
            comparisons.append(self.cursor.next().value)
            terms.append(measures.measured(self))
        return Relation(tuple(terms), tuple(comparisons))

    def _sign_ahead(self) -> str:
        """The relation, which is taken, that a statement begins with, where nothing stands before it; else ""."""
        token = self.cursor.peek()
        if token.kind == "rel" and (token.value in ORDERED or token.value == "!="):
            return self.cursor.next().value
        if token.kind != "text":
            return ""
        start, words = self.cursor.at, list[str]()
        while self.cursor.peek().kind == "text":
            words.append(self.cursor.next().value.strip())
        sign = sign_before(" ".join(words))
        self.cursor.at = self.cursor.at if sign else start
        return sign

    def expression(self, binding: int) -> Tree:
        """An expression of operators that bind more tightly than `binding`."""
        self.cursor.depth += 1
        if self.cursor.depth > MAX_DEPTH:
            raise UnreadableError("nested too deeply")
        left = self._prefix()
        while True:
            token = self.cursor.tokens[self.cursor.at]
            if token.kind == "op" and token.value in _BINDING:
                if _BINDING[token.value] <= binding:
                    break
                self.cursor.next()
                left = self._infix(left, token.value)
            elif self.starts_factor(token):
                if binding >= _PRODUCT:
                    break
                left = combine("mul", left, self.power())
            elif token.kind == "cmd" and token.value == "choose" and binding == 0:
                self.cursor.next()
                left = Apply("binom", (left, self.expression(0)))
            else:
                break
        self.cursor.depth -= 1
        return left

    def starts_factor(self, token: Token) -> bool:
        """Whether the token begins a factor of an implicit product."""
        if token.kind == "bar":
            return self.cursor.num_bars == 0 and self._num_bars_ahead() % 2 == 0
        if token.kind == "num":
            return self.cursor.tokens[self.cursor.at - 1].kind != "num"
        return token.kind in _STARTS and token.value not in {"choose", "pmod"}

    def _num_bars_ahead(self) -> int:
        """Bars up to the end of the brackets that are open here."""
        depth = count = 0
        for token in self.cursor.tokens[self.cursor.at :]:
            depth += (token.kind == "open") - (token.kind == "close")
            if depth < 0:
                break
            count += token.kind == "bar"
        return count

    def _infix(self, left: Tree, op: str) -> Tree:
        right = self.expression(_BINDING[op])
        if op in {"union", "intersection", "minus"}:
            return SetOp(op, (left, right))
        self.cursor.has_signs |= op in {"pm", "mp"}
        if op == ":":
            parts = (*left.parts, right) if isinstance(left, Ratio) else (left, right)
            return Ratio(parts, self._is_clock(left, right))
        if op == "-" and isinstance(right, Items | Interval) and not is_scalar(left):
            return SetOp("minus", (left, right))
        if op == "-":
            return combine("add", left, combine("neg", right))
        return combine(_OPS.get(op, op), left, right)

    def _is_clock(self, left: Tree, right: Tree) -> bool:
        if not (isinstance(left, Num) and isinstance(right, Num)):
            return False
        return (
            0 <= left.value <= 24 and 0 <= right.value < 60 and len(self.cursor.tokens[self.cursor.at - 1].value) == 2
        )

    def _prefix(self) -> Tree:
        token = self.cursor.tokens[self.cursor.at]
        if token.kind == "op" and token.value in {"-", "+", "pm", "mp"}:
            self.cursor.next()
            self.cursor.has_signs |= token.value in {"pm", "mp"}
            operand = self.expression(_SIGNED)
            if token.value == "-":
                return combine("neg", operand)
            return operand if token.value == "+" else Apply(token.value, (Num(0), operand))
        return self.power()

    def power(self) -> Tree:
        """A primary with its postfixes: powers, factorials, degrees, percent."""
        base = self.primary()
        while True:
            token = self.cursor.tokens[self.cursor.at]
            if token.kind not in _POSTFIXES:
                return base
            if token.kind == "pow":
                self.cursor.next()
                base = in_degrees(self, base) if self.cursor.take("text", "deg") else raised(self, base)
            elif token.kind == "op" and token.value == "!":
                self.cursor.next()
                is_double = self.cursor.take("op", "!")
                if is_double and self.cursor.peek() != Token("op", "!"):
                    base = double_factorial(base)
                else:
                    base = Apply("factorial", (Apply("factorial", (base,)) if is_double else base,))
            elif token.kind == "text" and token.value in {"deg", "degrees", "degree", "%"}:
                self.cursor.next()
                base = Apply("percent", (base,)) if token.value == "%" else in_degrees(self, base)
            elif token.kind == "open" and token.value == "(" and self.cursor.tokens[self.cursor.at + 1].value == "mod":
                self.cursor.at += 2
                base = Apply("residue", (base, self.expression(0)))
                self.close("(")
            elif token.kind == "cmd" and token.value == "pmod":
                self.cursor.next()
                base = Apply("residue", (base, self.argument()))
            else:
                return base

    def group(self) -> Tree:
        """`{…}` without meaning of its own."""
        if not self.cursor.take("open", "group"):
            raise UnreadableError("an argument is missing")
        self.cursor.depth += 1
        if self.cursor.depth > MAX_DEPTH:
            raise UnreadableError("nested too deeply")
        bars, self.cursor.num_bars = self.cursor.num_bars, 0
        tree = self.sequence(("close",))
        self.cursor.num_bars = bars
        self.close("group")
        self.cursor.depth -= 1
        return tree

    def close(self, bracket: str) -> None:
        """Take a closing bracket; one that is missing at the end was cut off and is forgiven."""
        token = self.cursor.next()
        if token is not END and not (
            token.kind == "close" and token.value == {"(": ")", "[": "]", "{": "}"}.get(bracket, bracket)
        ):
            raise UnreadableError(f"{bracket!r} is not closed")

    def argument(self) -> Tree:
        """An argument of a command: a group, one digit, or one primary."""
        token = self.cursor.peek()
        if token.kind == "num" and len(token.value) > 1 and token.value.isdecimal():
            self.cursor.tokens[self.cursor.at] = Token("num", token.value[1:])
            return Num(int(token.value[0]))
        return self.group() if token.kind == "open" and token.value == "group" else self.primary()

    def primary(self) -> Tree:  # noqa: C901, PLR0912 - one case a kind of token
        """What a single token begins."""
        self.cursor.num_atoms += 1
        if self.cursor.num_atoms > MAX_ATOMS:
            raise UnreadableError("too much to try")
        token = self.cursor.next()
        match token.kind:
            case "num":
                return atoms.number(self, token.value)
            case "const":
                return atoms.named(self, token.value) if self.cursor.peek().kind == "sub" else Const(token.value)
            case "name":
                return atoms.named(self, token.value)
            case "open":
                return brackets.bracket(self, token.value)
            case "bar":
                return brackets.absolute(self)
            case "fn":
                return functions.function(self, token.value)
            case "cmd":
                return atoms.command(self, token.value)
            case "sub" | "pow":
                return choices_of(self)
            case "begin":
                return environment(self, token.value)
            case "set":
                return domain(self, token.value)
            case "text" if token.value not in {"%", "deg"}:
                self.cursor.has_words = True
                words = [token.value]
                while self.cursor.peek().kind == "text":
                    words.append(self.cursor.next().value)
                return Var("'" + " ".join(words))
            case _:
                raise UnreadableError(f"unexpected {token.value or token.kind!r}")
