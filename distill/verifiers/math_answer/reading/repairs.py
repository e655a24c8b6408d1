r"""What files have done to LaTeX: escapes that a string literal ate, doubled backslashes, tags of web pages."""

import re

_EATEN = str.maketrans({"\x07": r"\a", "\x08": r"\b", "\x0b": r"\v", "\x0c": r"\f"})
"""Control characters stand in no answer: `\frac` in a string literal begins with a form feed."""
_EATEN_TAB = re.compile(r"\t(?=(?:ext|imes|heta|an|au|frac|riangle|o)(?![a-z]))")
_EATEN_RETURN = re.compile(r"\r(?=(?:ight|ho|angle|floor|ceil|m)(?![a-z]))")
_COMMANDS = (
    "[dtc]?frac|left|right|[bB]igg?[lr]?|sqrt|text|pi|theta|alpha|beta|lambda|cdot|times|div|infty|boxed|begin|end|circ|"
    "pm|cup|cap|sin|cos|tan|ln|log|le|ge|leq|geq|ne|neq|in|mathbb|mathrm"
)
_DOUBLED = re.compile(rf"(?<!\\)\\\\(?=(?:{_COMMANDS})(?![a-z]))")
_TAG = re.compile(r"<su([pb])>([^<>]{1,80})</su[pb]>", re.IGNORECASE)
_SPELLED_FUNCTION = re.compile(r"\\(?:text|mathrm|operatorname)\s?\{\s?(sin|cos|tan|cot|sec|csc|ln|log|exp)\s?\}")


def repaired(text: str) -> str:
    r"""The text as it was meant: `\x0crac{1}{2}`, `\\frac{1}{2}` and `x<sup>2</sup>`."""
    if not text.isprintable():
        text = _EATEN_RETURN.sub(r"\\r", _EATEN_TAB.sub(r"\\t", text.translate(_EATEN)))
    if "\\\\" in text and r"\begin" not in text:
        text = _DOUBLED.sub(r"\\", text)
    if "<" in text:
        text = _TAG.sub(lambda match: ("^" if match[1] in "pP" else "_") + "{" + match[2] + "}", text)
    if r"\text{" in text or r"\mathrm{" in text or r"\operatorname{" in text:
        text = _SPELLED_FUNCTION.sub(lambda match: f"\\{match[1]} ", text)
    return text
