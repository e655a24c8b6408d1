r"""Text to tokens: LaTeX, Unicode mathematics and plain ASCII become one small alphabet.

Linear in the text. Runs of letters are told apart here: functions, constants, words, units and variables.
"""

import re
from typing import NamedTuple

from distill.verifiers.math_answer import units
from distill.verifiers.math_answer.tree import UnreadableError
from distill.verifiers.math_answer.wording import FILLERS

MAX_CHARS = 4096
"""Longer answers are not read: no reference needs it, and all later work is bounded by it."""


class Token(NamedTuple):
    """`kind` is one of num, name, const, fn, op, rel, sep, open, close, bar, text, cmd, sub, pow, begin, end, set."""

    kind: str
    value: str


END = Token("eof", "")

_UNICODE = str.maketrans({
    "−": "-", "–": "-", "—": "-", "×": "*", "⋅": "*", "·": "*", "∙": "*", "∗": "*", "÷": "/", "∕": "/", "⁄": "/",
    "≤": r"\le ", "≥": r"\ge ", "⩽": r"\le ", "⩾": r"\ge ", "≠": r"\ne ", "≡": r"\equiv ", "≈": r"\approx ",
    "∞": r"\infty ", "√": r"\sqrt ", "π": r"\pi ", "θ": r"\theta ", "α": r"\alpha ", "β": r"\beta ",
    "γ": r"\gamma ", "λ": r"\lambda ", "φ": r"\phi ", "ω": r"\omega ", "σ": r"\sigma ", "δ": r"\delta ",
    "∈": r"\in ", "∉": r"\notin ", "∪": r"\cup ", "∩": r"\cap ", "∖": r"\setminus ", "∅": r"\emptyset ",
    "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}", "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}",
    "±": r"\pm ", "∓": r"\mp ", "…": r"\ldots ", "⟨": r"\langle ", "⟩": r"\rangle ", "∧": r"\land ", "∨": r"\lor ",
    "（": "(", "）": ")", "，": ", ", "；": "; ", "：": ":", "＝": "=", "％": "%", "。": ".", "、": ", ", "．": ".",
    "⁰": "^{0}", "¹": "^{1}", "²": "^{2}", "³": "^{3}", "⁴": "^{4}", "⁵": "^{5}", "⁶": "^{6}", "⁷": "^{7}",
    "⁸": "^{8}", "⁹": "^{9}", "⁻": "^{-}", "₀": "_{0}", "₁": "_{1}", "₂": "_{2}", "₃": "_{3}", "₄": "_{4}",
    "½": r"\frac{1}{2}", "⅓": r"\frac{1}{3}", "⅔": r"\frac{2}{3}", "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}",
    "⅛": r"\frac{1}{8}", "⅜": r"\frac{3}{8}", "⅝": r"\frac{5}{8}", "⅞": r"\frac{7}{8}", "⅕": r"\frac{1}{5}",
    "′": "'", "’": "'", "“": '"', "”": '"', "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\t": " ", "\n": " ",
    "°": r"^{\circ}", "│": "|", "∣": "|", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ",
    **{chr(0xFF10 + d): str(d) for d in range(10)},
})  # fmt: skip

_SPACING = re.compile(
    r"\\(?:left|right|bigg?|Bigg?|bigl|bigr|Bigl|Bigr|biggl|biggr|displaystyle|textstyle|limits|middle)(?![a-zA-Z])\.?"
    r"|(?<!\\)\\[,;: >]|\\q?quad|\\hspace\{[^{}]*\}|\\phantom\{[^{}]*\}|\\hline|\\mathstrut|\\strut|~"
)
_MICRO = re.compile(r"\\mu\s*\\(?:text|mathrm)\s*\{")
_GROUPING_COMMA = re.compile(r"(?<=\d)\s*(?:\{\s*,\s*\}|,\s*\\!|\\!\s*,|\\,)\s*(?=\d{3})")
_DOUBLE_ESCAPE = re.compile(
    r"(?<!\\)\\\\(?=(?:[dtc]?frac|left|right|sqrt|text|pi|cdot|times|infty|boxed|begin|end|circ|pm|cup)(?![a-z]))"
)
_SPACE_GROUPS = re.compile(r"(?<![\d.,] )(?<![\d.,])\d{1,3}(?: \d{3})+(?![\d,])(?! \d)")
_MIXED = re.compile(r"(?<![\d./^_])(\d+) (\d+)/(\d+)(?![\d/.])")

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
    "emptyset": ("set", "empty"), "varnothing": ("set", "empty"),
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
    "arsinh arcosh artanh asinh acosh atanh exp ln log lg sqrt cis gcd lcm max min floor ceil abs sgn det".split()
)
_SPELLED = {"pi": ("const", "pi"), "infinity": ("const", "inf"), "infty": ("const", "inf"), "inf": ("const", "inf"),
            "oo": ("const", "inf"), "and": ("sep", "and"), "or": ("sep", "or"), "mod": ("op", "mod"),
            "union": ("op", "union"),
            "theta": ("name", "theta"), "alpha": ("name", "alpha"), "beta": ("name", "beta")}  # fmt: skip
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
_SIGN = re.compile(r"[-+]?[\d.,/%\s]+")


def clean(text: str) -> str:
    """One spelling for what is only presentation: delimiters, spacing, Unicode, grouped digits."""
    if len(text) > MAX_CHARS:
        raise UnreadableError(f"longer than {MAX_CHARS} characters")
    if r"\mu" in text:
        text = _MICRO.sub(r"\\text{μ", text)
    text = text.translate(_UNICODE) if not text.isascii() else text.replace("\n", " ")
    if "{" in text or "\\" in text:
        text = _GROUPING_COMMA.sub("", text)
    if "\\" in text:
        if "\\\\" in text:
            text = _DOUBLE_ESCAPE.sub(r"\\", text)
        text = _SPACING.sub(" ", text.replace(r"\!", ""))
        text = text.replace(r"\(", " ").replace(r"\)", " ").replace(r"\[", " ").replace(r"\]", " ")
    if "$" in text:
        text = _strip_dollars(text)
    text = text.replace("**", " ") if text.count("**") == 2 and text.strip().startswith("**") else text
    text = _SPACE_GROUPS.sub(lambda m: m[0].replace(" ", ""), " ".join(text.split()))
    if "/" in text:
        text = _MIXED.sub(r"(\1+\2/\3)", text)
    text = text.strip().removeprefix(r"\approx").removeprefix("=").removeprefix("~")
    return text.strip().rstrip(".,;:。 ").strip() if not text.endswith("...") else text


def _strip_dollars(text: str) -> str:
    r"""Drop `$` as delimiter; keep it (as `\$`) as currency: a lone one directly before or after a number."""
    bare = text.replace(r"\$", "")
    if bare.count("$") == 1:
        return re.sub(r"(?<!\\)\$(?=\s*\d)|(?<=\d)\s*(?<!\\)\$", lambda _: r"\$ ", text, count=1)
    return re.sub(r"(?<!\\)\$", " ", text)


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


def _command(text: str, name: str, position: int, tokens: list[Token]) -> int:  # noqa: C901 - one case a command
    """Append the tokens of one command; the position after it."""
    if name in _COMMANDS:
        tokens.append(_COMMANDS[name])
    elif name == "Omega" and tokens and _follows_value(tokens[-1]):
        tokens.append(Token("text", "Ω"))
    elif name in _TEXT_COMMANDS:
        content, position = _braced(text, position)
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
        tokens.append(Token("fn", content.strip()) if content.strip() in FUNCTIONS else Token("name", content))
    elif name in FUNCTIONS and name != "sqrt":
        tokens.append(Token("fn", name))
    elif name == "\\":
        tokens.append(Token("row", ""))
    elif name == "!" or not name.strip():
        pass
    else:
        tokens.append(Token("cmd", name))
    return position


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
    if not content or content.lower().removeprefix("the ") in _KINDS or _LEAD.fullmatch(content):
        return
    if content.lower() in _CONNECTORS or content == "to":
        tokens.append(Token("sep", _CONNECTORS[content.lower()]) if content != "to" else Token("op", ":"))
    elif _SIGN.fullmatch(content):
        tokens.extend(tokenize(clean(content))[:-1])
    elif is_roman and content in {"e", "i", "d", "ln", "log", "sin", "cos", "tan", "arcsin", "arccos", "arctan"}:
        _word(content, tokens)
    elif "," in content or " and " in content or content.startswith(("and ", "or ")):
        for index, part in enumerate(re.split(r"\s*,\s*(?:and\s+)?|\s*\band\s+|^or\s+", content)):
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
