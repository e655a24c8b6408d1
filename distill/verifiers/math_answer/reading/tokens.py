r"""Text to tokens: LaTeX, Unicode mathematics and plain ASCII become one small alphabet.

Linear in the text. Runs of letters are told apart here: functions, constants, words, units and variables.
"""

import re
from typing import NamedTuple

from distill.verifiers.math_answer import units
from distill.verifiers.math_answer.reading.bounds import sign_after
from distill.verifiers.math_answer.reading.cleaning import ORDINAL_SUFFIXES, clean
from distill.verifiers.math_answer.tree import UnreadableError
from distill.verifiers.math_answer.wording import FILLERS


class Token(NamedTuple):
    """`kind` is one of num, name, const, fn, op, rel, sep, open, close, bar, text, cmd, sub, pow, begin, end, set."""

    kind: str
    value: str


END = Token("eof", "")

_TOKEN = re.compile(
    r"(?P<num>\d+(?:\.\d+[eE][+-]?\d+(?![\d.])|[eE](?:\d|[+-]\d\d)\d*(?![\d.])|\.\d*)?|\.\d+(?:[eE][+-]?\d+)?)"
    r"|(?P<cmd>\\[a-zA-Z]+\*?|\\.)"
    r"|(?P<word>[A-Za-z]+)"
    r"|(?P<cjk>[\u0370-\u1fff\u2e80-\u9fff\uac00-\ud7afÀ-ɏµ€£¥₹¢Ω]+)"
    r"|(?P<long><=|>=|!=|==|=>|\*\*|\.\.\.+)"
    r"|(?P<one>\S)",
    re.DOTALL,
)

_COMMANDS_TABLE = {
    "cdot": ("op", "*"), "times": ("op", "*"), "ast": ("op", "*"), "div": ("op", "/"), "slash": ("op", "/"),
    "pm": ("op", "pm"), "mp": ("op", "mp"), "cup": ("op", "union"), "cap": ("op", "intersection"),
    "setminus": ("op", "minus"), "backslash": ("op", "minus"), "mod": ("op", "mod"), "bmod": ("op", "mod"),
    "le": ("rel", "<="), "leq": ("rel", "<="), "leqslant": ("rel", "<="), "leqq": ("rel", "<="), "lt": ("rel", "<"),
    "ge": ("rel", ">="), "geq": ("rel", ">="), "geqslant": ("rel", ">="), "geqq": ("rel", ">="), "gt": ("rel", ">"),
    "ne": ("rel", "!="), "neq": ("rel", "!="), "in": ("rel", "in"), "notin": ("rel", "notin"),
    "equiv": ("rel", "≡"), "approx": ("rel", "~"), "sim": ("rel", "~"), "iff": ("rel", "iff"),
    "Leftrightarrow": ("rel", "iff"), "colon": ("op", ":"),
    "infty": ("const", "inf"), "pi": ("const", "pi"), "uppi": ("const", "pi"),
    "emptyset": ("set", "empty"), "oslash": ("set", "empty"), "varnothing": ("set", "empty"),
    "ldots": ("dots", ""), "dots": ("dots", ""), "cdots": ("dots", ""), "dotsc": ("dots", ""), "vdots": ("dots", ""),
    "langle": ("open", "("), "rangle": ("close", ")"), "lfloor": ("open", "floor"), "rfloor": ("close", "floor"),
    "lceil": ("open", "ceil"), "rceil": ("close", "ceil"), "{": ("open", "{"), "}": ("close", "}"),
    "lbrace": ("open", "{"), "rbrace": ("close", "}"), "lbrack": ("open", "["), "rbrack": ("close", "]"),
    "lvert": ("open", "|"), "rvert": ("close", "|"), "vert": ("bar", "|"), "mid": ("bar", "|"), "|": ("bar", "|"),
    "lVert": ("open", "|"), "rVert": ("close", "|"), "%": ("text", "%"), "$": ("text", "$"), "pounds": ("text", "£"),
    "euro": ("text", "€"), "degree": ("text", "deg"), "circ": ("text", "deg"), "lor": ("op", "lor"),
    "land": ("op", "land"), "vee": ("op", "lor"), "wedge": ("op", "land"), "prime": ("one", "'"), "ell": ("name", "l"),
}  # fmt: skip

_ONE_TABLE = {
    "+": ("op", "+"), "-": ("op", "-"), "*": ("op", "*"), "**": ("pow", "^"), "/": ("op", "/"), ":": ("op", ":"),
    "^": ("pow", "^"), "_": ("sub", "_"), "!": ("op", "!"), "=": ("rel", "="), "==": ("rel", "="), "<": ("rel", "<"),
    ">": ("rel", ">"), "<=": ("rel", "<="), ">=": ("rel", ">="), "!=": ("rel", "!="), ",": ("sep", ","),
    ";": ("sep", ";"), "(": ("open", "("), ")": ("close", ")"), "[": ("open", "["), "]": ("close", "]"),
    "{": ("open", "group"), "}": ("close", "group"), "|": ("bar", "|"), "%": ("text", "%"), "&": ("cell", "&"),
    "...": ("dots", ""), "$": ("text", "$"), "'": ("one", "'"), "∘": ("text", "deg"),
}  # fmt: skip

_COMMANDS, _ONE = ({key: Token(*pair) for key, pair in table.items()} for table in (_COMMANDS_TABLE, _ONE_TABLE))

FUNCTIONS = frozenset(
    "sin cos tan cot sec csc arcsin arccos arctan asin acos atan arccot sinh cosh tanh coth arcsinh arccosh arctanh "
    "arcsec arccsc arccoth arcsech arccsch asec acsc acot sech csch "
    "arsinh arcosh artanh arcoth asinh acosh atanh exp ln log lg sqrt cis gcd lcm max min "
    "floor ceil abs sgn det".split()
)
_COMMAND_FUNCTIONS = FUNCTIONS | frozenset({"tg", "ctg", "arctg", "arcctg", "cosec"})
GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi omega "
    "hbar ell triangle angle square star bullet parallel perp imath jmath partial nabla aleph".split()
)
"""Letters and symbols that stand for variables."""
_SPELLED = {"pi": ("const", "pi"), "infinity": ("const", "inf"), "infty": ("const", "inf"), "inf": ("const", "inf"),
            "oo": ("const", "inf"), "and": ("sep", "and"), "or": ("sep", "or"), "mod": ("op", "mod"),
            "union": ("op", "union")}  # fmt: skip
_SPELLED_LETTERS = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta kappa lambda rho sigma tau phi chi psi omega hbar".split()
)
_TEXT_COMMANDS = frozenset("text textbf textit textrm textnormal textsf texttt mbox hbox mathrm mathsf rm unit".split())
_LETTER_COMMANDS = frozenset(
    "mathbf mathit boldsymbol bold bm mathcal mathfrak vec hat overrightarrow overleftarrow tilde "
    "mathtt widehat bar".split()
)
_CONNECTORS = {",": ",", ";": ";", "and": "and", "or": "or", ", and": "and", ", or": "or", "和": "and", "或": "or",
               "与": "and", "及": "and", "或者": "or", "以及": "and", "&": "and"}  # fmt: skip
_KINDS = frozenset({"point", "points", "vector", "ordered pair", "interval", "set", "matrix", "line", "equation"})
"""Words that say what follows them."""
_LEAD = re.compile(
    r"(?i)(?:(?:so|thus|hence|therefore),? )?(?!.*\b(?:not|no|than|least|most)\b)the (?:\w+ ){1,4}(?:is|are|equals):?"
)
_UNIT_LETTERS = re.compile(r"\\(mu|Omega)(?![a-zA-Z])\s?")
_NUMBERED = re.compile(
    r"(\d{1,20}(?:\.\d{1,20})?)"
    r"((?:\s(?!or (?!more|less|greater|fewer|higher|lower|above|below)|and\b)|st|nd|rd|th)\s?[^\\$]{1,60})"
)
"""A number with its unit or an ordinal, all in one text command."""
_SIGN = re.compile(r"[-+]?[\d.,/%\s]+")


def tokenize(text: str) -> list[Token]:
    """All tokens of cleaned text, `END` last."""
    tokens: list[Token] = []
    position, length = 0, len(text)
    match_at = _TOKEN.match
    while position < length:
        match = match_at(text, position)
        if match is None:
            position += 1
            continue
        kind, value = match.lastgroup, match[0]
        position = match.end()
        if kind == "num":
            tokens.append(Token("num", value))
        elif kind == "cmd":
            position = _command(text, value[1:], position, tokens)
        elif kind == "word":
            _word(value, tokens)
        elif kind == "cjk":
            tokens.append(Token("sep", _CONNECTORS[value]) if value in _CONNECTORS else Token("text", value))
        elif value in _ONE:
            tokens.append(_ONE[value])
        elif value.startswith("..."):
            tokens.append(Token("dots", ""))
        elif value not in '"`#.':
            raise UnreadableError(f"unexpected {value!r}")
    tokens.append(END)
    return tokens


def _command(text: str, name: str, position: int, tokens: list[Token]) -> int:  # noqa: C901, PLR0912 - one case a command
    """Append the tokens of one command; the position after it."""
    if name in _COMMANDS:
        tokens.append(_COMMANDS[name])
    elif name in {"dot", "ddot"} and not (tokens and tokens[-1].kind == "num"):
        content, position = _braced(text, position)
        tokens.append(Token("name", f"{content.strip(chr(92))} {name}"))
    elif name == "Omega" and tokens and _follows_value(tokens[-1]):
        tokens.append(Token("text", "Ω"))
    elif name in _TEXT_COMMANDS:
        content, position = _braced(text, position)
        if name in {"mathrm", "rm"} and _is_indexed(content, text[position : position + 2]):
            tokens.append(Token("name", content))
        else:
            _text(content, name in {"mathrm", "rm"}, tokens)
    elif name in {"bar", "dot", "overline"} and tokens and tokens[-1].kind == "num":
        tokens.append(Token("cmd", "overline"))
    elif name in _LETTER_COMMANDS:
        content, position = _braced(text, position)
        _letters(content, tokens)
    elif name == "mathbb":
        content, position = _braced(text, position)
        tokens.append(Token("set", content))
    elif name in {"begin", "end"}:
        content, position = _braced(text, position)
        tokens.append(Token(name, content))
    elif name == "operatorname":
        content, position = _braced(text, position)
        is_function = content.strip() in _COMMAND_FUNCTIONS
        tokens.append(Token("fn", content.strip()) if is_function else Token("name", content))
    elif name in _COMMAND_FUNCTIONS and name != "sqrt":
        tokens.append(Token("fn", name))
    elif name == "\\":
        tokens.append(Token("row", ""))
    elif name == "!" or not name.strip():
        pass
    else:
        tokens.append(Token("cmd", name))
    return position


def _is_indexed(content: str, after: str) -> bool:
    """Whether upright letters are a name, as an index behind them shows: the C of a number of choices."""
    return after.lstrip()[:1] == "_" and content.isalpha() and len(content) <= 2


def _braced(text: str, position: int) -> tuple[str, int]:
    """The content of the braces at `position` and where they end; a single character without braces."""
    while position < len(text) and text[position] in " *":
        position += 1
    if position >= len(text) or text[position] != "{":
        return text[position : position + 1], position + 1
    depth = 0
    for end in range(position, len(text)):
        depth += (text[end] == "{") - (text[end] == "}")
        if depth == 0:
            return text[position + 1 : end], end + 1
    return text[position + 1 :], len(text)


def _text(content: str, is_roman: bool, tokens: list[Token]) -> None:
    """Tokens of words in a text command: a connector, a number, names in a list, or words."""
    content = content.strip(" ~")
    if (numbered := _NUMBERED.fullmatch(content)) and not any(c.isdecimal() for c in numbered[2]):
        tokens.append(Token("num", numbered[1]))
        content = numbered[2].strip()
    if tokens and _follows_value(tokens[-1]):
        content = _UNIT_LETTERS.sub(lambda m: {"mu": "μ", "Omega": "Ω"}[m[1]], content)
    if sign_after(content):
        tokens.append(Token("text", content))
    else:
        _words(content, is_roman, tokens)


def _words(content: str, is_roman: bool, tokens: list[Token]) -> None:
    if not content or content.lower().removeprefix("the ") in _KINDS or _LEAD.fullmatch(content):
        return
    if content.lower() in _CONNECTORS or content == "to":
        tokens.append(Token("sep", _CONNECTORS[content.lower()]) if content != "to" else Token("op", ":"))
    elif _SIGN.fullmatch(content):
        tokens.extend(tokenize(clean(content))[:-1])
    elif is_roman and content in {"e", "i", "d", "ln", "log", "sin", "cos", "tan", "arcsin", "arccos", "arctan"}:
        _word(content, tokens)
    elif "," in content or " and " in content or content.startswith(("and ", "or ")) or content.endswith(" and"):
        for index, part in enumerate(re.split(r" ?, ?(?:and )?| ?\band(?: |$)|^or ", content)):
            if index:
                tokens.append(Token("sep", ","))
            if part:
                _text(part, is_roman, tokens)
    elif "\\" in content or "$" in content:
        tokens.extend(tokenize(clean(content))[:-1])
    else:
        tokens.append(Token("text", content))


def _letters(content: str, tokens: list[Token]) -> None:
    r"""Tokens of what stands in a font command such as `\\mathbf`: a name, mostly."""
    if any(c.isdigit() for c in content):
        tokens.extend(tokenize(clean(content))[:-1])
    else:
        tokens.append(Token("text" if len(content) > 3 else "name", content.strip("\\ ")))


def _word(word: str, tokens: list[Token]) -> None:
    """Tokens of a run of letters outside text commands."""
    last = tokens[-1] if tokens else END
    if word in FUNCTIONS:
        tokens.append(Token("fn", word) if word != "sqrt" else Token("cmd", "sqrt"))
    elif word.lower() in _SPELLED_LETTERS:
        tokens.append(Token("name", word))
    elif word in ORDINAL_SUFFIXES and last.kind == "num" and last.value.isdecimal():
        tokens.append(Token("text", word))
    elif word.lower() in _SPELLED:
        tokens.append(Token(*_SPELLED[word.lower()]))
    elif len(word) == 1:
        tokens.append(Token("const", word) if word in "ei" else Token("name", word))
    elif _follows_value(last) and (word in units.SYMBOLS or word.lower() in units.SYMBOLS or units.multiplier(word)):
        tokens.append(Token("text", word))
    elif word.isupper() and len(word) <= 4:
        tokens.append(Token("name", word))
    elif _follows_value(last) and word[:-1] in {"or", "and"}:
        tokens.append(Token("sep", word[:-1]))
        tokens.append(Token("name", word[-1]))
    elif _is_word(word, last):
        tokens.append(Token("text", word))
    else:
        tokens.extend(Token("const", letter) if letter in "ei" else Token("name", letter) for letter in word)


def _is_word(word: str, last: Token) -> bool:
    """Whether letters read as a word, not as a product: `even`, `at` and `odd` at the beginning, but not `abc`."""
    if len(word) > 3 or (len(word) == 3 and word.istitle()):
        return True
    is_first = last.kind in {"eof", "sep", "text"}
    if word.lower() in FILLERS:
        return is_first or len(word) == 3
    return is_first and len(word) == 3 and any(c in "eiou" for c in word)


def _follows_value(last: Token) -> bool:
    return last.kind in {"num", "close", "text"} or (last.kind == "op" and last.value == "/")
