"""An answer in JSON, fenced or not, read by its key; JSON that a model wrote badly is read as well."""

import re

from distill.verifiers.math_answer.extracting.formulas import Passage

_KEY = re.compile(
    r"[\"'](?:(?:final[_ ]?|correct[_ ]?)?answer|result|solution|value|output|antwort|réponse|respuesta|答案)[\"']"
    r"\s{0,8}:\s{0,8}",
    re.IGNORECASE,
)
_VALUE = re.compile(r"\"((?:[^\"\\]|\\.)*+)\"|'((?:[^'\\]|\\.)*+)'|\[([^\[\]]*+)\]|([^\s,{}\[\]\"']++)", re.DOTALL)
_ENDS = re.compile(r"[}\]]\s{0,4}(?:`{3})?\s{0,4}$")
_ESCAPE = re.compile(r"\\([\"\\/])|\\n(?![a-z])|\\u([0-9a-fA-F]{4})")


def json_answer(text: str) -> Passage | None:
    """The value of the last key that names an answer, where the text ends in an object; None elsewhere.

    Its text is "" where the value is empty, or an object itself.
    """
    if not _ENDS.search(text[-40:]):
        return None
    keys = list(_KEY.finditer(text))
    named = [key for key in keys if "answer" in key[0].lower()] or keys
    if not named:
        return None
    value = _VALUE.match(text, named[-1].end())
    if value is None:
        return Passage(named[-1].start(), len(text), "")
    inside = next(group for group in value.groups() if group is not None)
    content = _ESCAPE.sub(_unescaped, inside).strip() if value[4] is None else inside
    if value[3] is not None:
        content = content.replace('"', "")
    return Passage(named[-1].start(), value.end(), "" if value[4] == "null" else content)


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return match[1]
    return chr(int(match[2], 16)) if match[2] else "\n"
