"""One spelling for what is only presentation: delimiters, spacing, colours, Unicode, grouped digits.

Every pattern looks at a bounded window or is possessive, so the work is linear in the text.
"""

import re
import unicodedata

from distill.verifiers.math_answer.reading.repairs import repaired
from distill.verifiers.math_answer.tree import UnreadableError

_MAX_BRACES = 500
"""Each may hold text that is cleaned again."""
MAX_CHARS = 4096
"""Longer answers are not read: no reference needs it, and all later work is bounded by it."""

_FULL_WIDTH = {0xFF01 + offset: chr(0x21 + offset) for offset in range(94)}
_CIRCLED = {0x2460 + number: f", {number + 1}, " for number in range(20)}
"""`①③` names two statements."""
_UNICODE = str.maketrans({
    **{chr(code): text for code, text in (_FULL_WIDTH | _CIRCLED).items()},
    "−": "-", "–": "-", "—": "-", "×": "*", "⋅": "*", "·": "*", "∙": "*", "∗": "*", "÷": "/", "∕": "/", "⁄": "/",
    "≤": r"\le ", "≥": r"\ge ", "⩽": r"\le ", "⩾": r"\ge ", "≦": r"\le ", "≧": r"\ge ", "≠": r"\ne ",
    "≡": r"\equiv ", "≈": r"\approx ", "≃": r"\approx ", "≅": r"\approx ",
    "∞": r"\infty ", "√": r"\sqrt ", "π": r"\pi ", "θ": r"\theta ", "α": r"\alpha ", "β": r"\beta ",
    "γ": r"\gamma ", "λ": r"\lambda ", "φ": r"\phi ", "ω": r"\omega ", "σ": r"\sigma ", "δ": r"\delta ",
    "ζ": r"\zeta ", "Γ": r"\Gamma ", "∑": r"\sum ", "∏": r"\prod ", "∀": r"\forall ", "ℏ": r"\hbar ",
    "∈": r"\in ", "∉": r"\notin ", "∪": r"\cup ", "∩": r"\cap ", "∖": r"\setminus ", "∅": r"\emptyset ",
    "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}", "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}",
    "±": r"\pm ", "∓": r"\mp ", "…": r"\ldots ", "⋯": r"\cdots ", "⟨": r"\langle ", "⟩": r"\rangle ",
    "∧": r"\land ", "∨": r"\lor ", "，": ", ", "；": "; ", "。": ".", "、": ", ", "．": ".",
    "½": r"\frac{1}{2}", "⅓": r"\frac{1}{3}", "⅔": r"\frac{2}{3}", "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}",
    "⅛": r"\frac{1}{8}", "⅜": r"\frac{3}{8}", "⅝": r"\frac{5}{8}", "⅞": r"\frac{7}{8}", "⅕": r"\frac{1}{5}",
    "′": "'", "″": "''", "’": "'", "“": '"', "”": '"', "\u200b": None, "\u2060": None, "\ufeff": None,
    **dict.fromkeys("\u00a0\u2007\u2009\u200a\u202f\u3000\t\n\r", " "),
    "°": r"^{\circ}", "│": "|", "∣": "|", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ",
    **dict.fromkeys("✓✔✅☑\ufe0f", None),
})  # fmt: skip
_RAISED_CHARS, _RAISED_AS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱˣᵀ", "0123456789+-()nixT"
_LOWERED_CHARS, _LOWERED_AS = "₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙₖₘₓ", "0123456789+-()nkmx"
_RAISED, _LOWERED = re.compile(f"[{_RAISED_CHARS}]++"), re.compile(f"[{_LOWERED_CHARS}]++")
_LEVEL = str.maketrans(_RAISED_CHARS + _LOWERED_CHARS, _RAISED_AS + _LOWERED_AS)
_STYLED = re.compile("[\U0001d400-\U0001d7ff]")
"""Mathematical letters and digits in bold, italics and so on."""

_SPACING = re.compile(
    r"\\(?:left|right|bigg?|Bigg?|bigl|bigr|Bigl|Bigr|biggl|biggr|displaystyle|textstyle|limits|middle)(?![a-zA-Z])\.?"
    r"|(?<!\\)\\[,;: >]|\\q?quad|\\hspace\{[^{}]*\}|\\phantom\s?(?:\{[^{}]*\}|[^\s{])|\\hline|\\mathstrut|\\strut|~"
    r"|\\(?:checkmark|blacksquare|noindent|newline|nonumber|notag|enspace|thinspace|par|nolimits)(?![a-zA-Z])"
    r"|\\(?:color|textcolor|tag|label)\s?\{[^{}]{0,40}\}|\\(?:underline|ensuremath|mathbin|mathrel)\s?(?=\{)"
)
_MICRO = re.compile(r"\\mu\s*\\(?:text|mathrm)\s*\{")
_PRIMES = re.compile(r"\^\s?\{?\s?((?:\\prime\s?){1,4})\}?")
_RAISED_FIRST = re.compile(r"(?<=[a-zA-Z])(\^(?:\w|\{\w{1,3}\}))(_(?:\w|\{[^{}]{1,9}\}))")
"""`v^2_0`, which is `v_0^2`."""
_SIGN_IN_BRACES = re.compile(r"(?<![\^_}a-zA-Z])\{([:=<>])\}")
_CIRCLED_COMMAND = re.compile(r"\\textcircled\s?(?:\{\s?(?:\\small\s?)?)?(\d{1,2})\}?")
_FORMULA_LINES = re.compile(r"(?<![\\$])\$(?!\$)[ .,;]{0,3}\n\s{0,8}\$(?!\$)")
"""The end of a formula and the beginning of one on the next line."""
_NO_BASE = re.compile(r"(?<![}\]a-zA-Z])\{\}(?=\s?[_^])")
_CURRENCY_BEFORE = re.compile(
    r"(?<![a-zA-Z\d\\])(?:\\text\s?\{\s?)?(EUR|USD|GBP|CNY|RMB|INR|Rs\.?|US ?\\?\$) ?\}? ?(?=\d)"
)
_CURRENCIES = {"EUR": "€", "USD": r"\$", "GBP": "£", "CNY": "¥", "RMB": "¥", "INR": "₹", "Rs": "₹", "US": r"\$"}
_CURRENCY = re.compile("|".join(_CURRENCIES))
_DECIMAL_COMMA = re.compile(r"(?<![\d.,}])(0|\d++(?=\{,\}(?!\d{3}(?!\d))))\{,\}(\d++)(?!\{,)")
_GROUPING_COMMA = re.compile(r"(?<=\d)\s*+(?:\{\s*,\s*\}|,\s*\\!|\\!\s*,|\\,)\s*+(?=\d{3}(?!\d))")
_SPACE_GROUPS = re.compile(r"(?<![\d.,] )(?<![\d.,])\d{1,3}(?: \d{3}){1,99}+(?![\d,])(?! \d)")
_CONTINENTAL = re.compile(
    r"(?<![\d.,])(?<![\d.,] )[1-9]\d{0,2}"
    r"(?:(?: \d{3}){1,99}+,\d++|(?:\.\d{3}){1,99}+,\d++|(?:\.\d{3}){2,99}+)(?![\d.,])"
)
"""`1 234,56`, `1.234,56` and `1.234.567`: with a decimal comma, or more points than one."""
_MIXED = re.compile(r"(?<![\d./^_])(\d+) (\d+)/(\d+)(?![\d/.])")
_LETTER_TIMES = re.compile(r"(?<=\d)(?: [xX] (?=\d)| ?[xX] ?(?=10 ?\^))")
_ORDINAL = re.compile(
    r"(?<![\d.])(\d{1,9}) ?\^ ?\{? ?(?:\\(?:text|mathrm|rm) ?\{? ?)?(st|nd|rd|th)(?![a-zA-Z]) ?\}{0,2}"
)
_MINUTES = re.compile(
    r"(?<![\d.])(\d{1,9})\^ ?\{? ?\\circ ?\}? ?(\d{1,2}(?:\.\d{1,9})?)'(?!') ?(?:(\d{1,2}(?:\.\d{1,9})?)(?:''|\"))?"
)
_LEAD = re.compile(
    r"(?i)(?:(?:so|thus|hence|therefore),? )?(?:the )?(?:final |correct )?"
    r"(?:(?:answers?|solutions?|results?)(?: set)? ?(?:is|are) ?:?|about|approximately|roughly)\s++"
    r"(?=[\d\\$({\[.-]|[a-z] ?[=\\])"
)


def clean(text: str) -> str:
    """One spelling for what is only presentation.

    Raises:
        UnreadableError: The text is longer than `MAX_CHARS`.
    """
    if len(text) > MAX_CHARS:
        raise UnreadableError(f"longer than {MAX_CHARS} characters")
    if text.count("{") > _MAX_BRACES:
        raise UnreadableError("too many braces")
    text = repaired(text)
    if "\n" in text:
        text = _FORMULA_LINES.sub(", ", text)
    text = _ungrouped(_without_unicode(text))
    if "{" in text or "\\" in text:
        text = _without_commands(text)
    if _CURRENCY.search(text):
        text = _CURRENCY_BEFORE.sub(lambda m: _CURRENCIES[m[1].rstrip(" .\\$")] + " ", text)
    if "$" in text:
        text = _strip_dollars(text)
    text = text.replace("**", " ") if text.count("**") == 2 and text.strip().startswith("**") else text
    text = _with_plain_numbers(" ".join(text.split()))
    lead = _LEAD.match(text)
    text = (text[lead.end() :] if lead else text).strip().removeprefix(r"\approx").removeprefix("=").removeprefix("~")
    return text.strip().rstrip(".,;:。 ").strip() if not text.endswith("...") else text


def _ungrouped(text: str) -> str:
    """The text without braces around all of it."""
    text = text.strip()
    if text[:1] != "{" or text[-1:] != "}":
        return text
    depth = 0
    for at, char in enumerate(text):
        depth += ((char == "{") - (char == "}")) * (text[at - 1] != "\\")
        if depth == 0:
            break
    return text[1:-1] if at == len(text) - 1 else text


def _without_unicode(text: str) -> str:
    if text.isascii():
        return text.replace("\n", " ")
    text = _RAISED.sub(lambda m: "^{" + m[0].translate(_LEVEL) + "}", text)
    text = _LOWERED.sub(lambda m: "_{" + m[0].translate(_LEVEL) + "}", text)
    text = _STYLED.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text)
    return text.translate(_UNICODE)


def _without_commands(text: str) -> str:
    """Without what only spaces, colours or groups."""
    if r"\mu" in text:
        text = _MICRO.sub(r"\\text{μ", text)
    if "," in text:
        text = _GROUPING_COMMA.sub("", _DECIMAL_COMMA.sub(r"\1.\2", text))
    if "textcircled" in text:
        text = _CIRCLED_COMMAND.sub(r", \1, ", text)
    if "{}" in text:
        text = _NO_BASE.sub("", text)
    if "{:" in text or "{=" in text or "{<" in text or "{>" in text:
        text = _SIGN_IN_BRACES.sub(r"\1", text)
    if "prime" in text:
        text = _PRIMES.sub(lambda m: "'" * m[1].count("prime"), text)
    if "\\" in text:
        text = _SPACING.sub(" ", text.replace(r"\!", ""))
        text = text.replace(r"\(", " ").replace(r"\)", " ").replace(r"\[", " ").replace(r"\]", " ").rstrip()
        while text.endswith("\\\\"):
            text = text.removesuffix("\\\\").rstrip()
    return text


def _strip_dollars(text: str) -> str:
    r"""Drop `$` as delimiter; keep it (as `\$`) as currency: a lone one directly before or after a number."""
    bare = text.replace(r"\$", "")
    if bare.count("$") == 1:
        return re.sub(r"(?<!\\)\$(?=\s*\d)|(?<=\d)\s*(?<!\\)\$", lambda _: r"\$ ", text, count=1)
    return re.sub(r"(?<!\\)\$", " ", text)


def _with_plain_numbers(text: str) -> str:
    """Grouped digits, decimal commas, mixed numbers, ordinals and minutes of arc in their plainest spelling."""
    if "," in text or text.count(".") > 1:
        text = _CONTINENTAL.sub(lambda m: m[0].replace(" ", "").replace(".", "").replace(",", "."), text)
    if " " in text:
        text = _SPACE_GROUPS.sub(lambda m: m[0].replace(" ", ""), text)
    if "x" in text or "X" in text:
        text = _LETTER_TIMES.sub(r"\\times ", text)
    if "^" in text:
        text = _ORDINAL.sub(_ordinal, _RAISED_FIRST.sub(r"\2\1", text) if "_" in text else text)
    if "'" in text and "circ" in text:
        text = _MINUTES.sub(lambda m: rf"({m[1]}+{m[2]}/60+{m[3] or 0}/3600)^{{\circ}}", text)
    return _MIXED.sub(r"(\1+\2/\3)", text) if "/" in text else text


ORDINAL_SUFFIXES = frozenset({"st", "nd", "rd", "th"})


def _ordinal(match: re.Match[str]) -> str:
    """A number with the suffix that belongs to it; anything else is an exponent, as are n and d in italics."""
    is_exponent = match[2] == "nd" and "\\" not in match[0]
    return match[0] if is_exponent or match[2] != _ordinal_suffix(match[1]) else f"{match[1]} {match[2]} "


def _ordinal_suffix(digits: str) -> str:
    """The suffix that makes an ordinal of a number: `12` takes `th`, `22` takes `nd`."""
    if digits[-2:] in {"11", "12", "13"}:
        return "th"
    return {"1": "st", "2": "nd", "3": "rd"}.get(digits[-1:], "th")
