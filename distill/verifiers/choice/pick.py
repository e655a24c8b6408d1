"""Which option a text picks. Pure."""

import re
import unicodedata
from typing import NamedTuple

from distill import reasoning
from distill.records import Choice as ChoiceReference
from distill.rows.parse import LETTERS, right_option
from distill.verifiers.choice.option_values import index_of_value

_TAIL = 4000


class Picked(NamedTuple):
    """The options (zero-based) that an answer picks, as written, and the rule that found them."""

    indices: frozenset[int]
    text: str
    rule: str


_WRAPPER = re.compile(
    r"\\(?:text(?:bf|it|rm)?|math(?:rm|bf|it|sf)|mbox|boldsymbol|left|right|displaystyle)\b|[$*_`{}\\~]"
)
_ONE = r"[\(\[（【]?\s*([A-Z])\s*[\)\]）】]?"
_LIST = re.compile(
    rf"^\W*{_ONE}((?:(?:\s|[,、，;/&和与及]|\band\b)+{_ONE})*)\s*(?:$|[.:)：。,，;；\n\u4e00-\u9fff]|-\s|\s)"
)
_HEDGE = re.compile(rf"^\W*(?:either\s+)?{_ONE}\s*(?:\bor\b|或者?)\s*{_ONE}(?![A-Za-z])", re.IGNORECASE)
_RUN = re.compile(r"^\W*([A-Z]{2,8})\W*$")
_MARKER = re.compile(
    r"(?:final\s+answer|correct\s+(?:answer|option|choice)s?|right\s+(?:answer|option|choice)|best\s+(?:answer|option|choice)"
    r"|answers?|options?|choices?|\bans\b\.?|\bletter|(?:go|going)\s+with|choose|choosing|pick|select|finali[sz]e|settle\s+on|left\s+with|leaves\s+(?:us\s+with|only)|"
    r"therefore|thus|hence|so|it'?s|it\s+is|it\s+must\s+be|而是|(?:i|we)\s+(?:think|believe)(?:\s+(?:it'?s|it\s+is))?|答案(?:应?[是为选]*)|正确(?:的)?(?:答案|选项)(?:应?[是为选]*)|(?:应?选择?|选项)(?:是|为)?|故选|因此选)"
    r"(?:\s*(?:is|are|be|must\s+be|would\s+be|should\s+be|[:：=]|for\s+sure|definitely|clearly|certainly|therefore|option|choice|answer"
    r"|letter|the|是|为|选|选项|to|likely|most|\*+|indeed|thus|also))*\s*[\"'“‘(\[（【*]*",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"(?:\b(?:not|isn'?t|aren'?t|never|neither|nor|cannot|can'?t|except|unlike|eliminate|eliminated|exclude|excluded|rule\s+out"
    r"|incorrect|wrong)\b|不是|不选|不能|不应|不可|非|排除|错误)[^.。,，;；!?！？\n]{0,24}$",
    re.IGNORECASE,
)
_DENIED = re.compile(r"(?:\b(?:not|than|never)|n't)\s+(?:that\s+|the\s+|an?\s+)?$", re.IGNORECASE)
_OTHERS = re.compile(
    r"\b(?:students|people|others|someone|(?:you|one) (?:might|may|could)|tempt\w+)\b[^.]{0,20}$", re.IGNORECASE
)
"""Before a pick that is not the writer's own."""
_REFUTED = re.compile(
    r"^\W{0,3}(?:\s|\))*(?:(?:is|are|was|would\s+be|can|could)\s*(?:n't|\s+not|\s+never|\s+wrong|\s+incorrect|\s+false|\s+eliminated)"
    r"|cannot|can't|fails?\b|(?:选?项)?(?:是)?(?:不对|错|不正确|不成立))",
    re.IGNORECASE,
)


_STATED = re.compile(
    r"(?<![A-Za-z0-9])[\(（]?([A-Z])[\)）]?\s+(?:is|must\s+be|seems|looks)\s+(?:the\s+)?(?:only\s+)?(?:correct|right|best|true|answer)|"
    r"([A-Z])\s*(?:是)?(?:正确|对的)|"
    r"(?<![A-Za-z0-9])([A-Z](?:(?:,|\s|&|\band\b){1,4}[A-Z]){1,8})\s+are\s+(?:all\s+|both\s+|the\s+)*(?:correct|right|true)",
)


def pick(answer: str, choices: tuple[str, ...]) -> Picked | None:
    """The options that an answer picks; None where it picks none.

    The last box counts; then `<answer>` tags; then the last letters after a phrase such as "the answer is" that is not
    denied; then a bare letter at the beginning; then the only option whose text the answer gives.
    """
    if reasoning.OPEN in answer or reasoning.CLOSE in answer:
        answer = reasoning.split(answer).answer
    boxed = _boxed(answer)
    if boxed is not None:
        return _read(boxed, choices, "boxed")
    start = answer.rfind("<answer>")
    if start >= 0:
        return _read(answer[start + 8 :].partition("</answer>")[0], choices, "tag")
    tail = answer[-_TAIL:]
    return _stated(tail, choices) or _leading(answer, choices) or _by_text(tail, choices)


def _boxed(answer: str) -> str | None:
    """The content of the last box; of all boxes of the last line where they are listed."""
    start = max(answer.rfind(r"\boxed"), answer.rfind(r"\fbox"))
    if start < 0:
        return None
    brace = answer.find("{", start)
    if brace < 0:
        return answer[start + 6 :].split("\n", 1)[0]
    depth = 0
    for match in re.compile(r"[{}]").finditer(answer, brace):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return answer[brace + 1 : match.start()]
    return answer[brace + 1 :].split("\n", 1)[0]


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", _WRAPPER.sub(" ", text.replace(r"\ ", " ")))
    return " ".join(text.split()).strip()


def _read(text: str, choices: tuple[str, ...], rule: str) -> Picked | None:
    """What stands in a box or a tag: letters, an option's text, or a sentence."""
    plain = _plain(text)
    letters = _letters(plain, choices)
    if letters:
        return Picked(letters, plain, rule)
    found = _index_of(plain, choices)
    if found is None:
        found = index_of_value(text, choices)
    if found is not None:
        return Picked(frozenset({found}), plain, rule)
    return _stated(plain, choices) or _by_text(plain, choices)


def _letters(text: str, choices: tuple[str, ...]) -> frozenset[int]:
    """The letters at the beginning of `text`: `B`, `(B)`, `B. 42 m`, `A, C and D`, `AC`."""
    text = re.sub(r"(?i)^(?:option|choice|answer)s?\s*:?\s*", "", text)
    run = _RUN.match(text)
    if (
        run
        and _known(set(run[1]), choices)
        and _normal(text) not in {_normal(c) for c in choices}
        and len(set(run[1])) == len(run[1])
    ):
        return _indices(run[1])
    if re.fullmatch(r"\W*[a-z]\W*", text):
        text = text.upper()
    if _HEDGE.match(text):
        return frozenset()
    match = _LIST.match(text + "\n")
    if match is None or (match[1] in "AI" and _is_article(text)):
        return frozenset()
    letters = match[1] + "".join(re.findall(r"[A-Z]", match[2] or ""))
    return _indices(letters) if _known(set(letters), choices) else frozenset()


def _known(letters: set[str], choices: tuple[str, ...]) -> bool:
    return letters <= set(LETTERS[: len(choices)])


def _indices(letters: str) -> frozenset[int]:
    return frozenset(LETTERS.index(letter) for letter in letters)


def _stated(text: str, choices: tuple[str, ...]) -> Picked | None:
    """The last pick after a marker that is not denied."""
    plain = _plain(text)
    best: tuple[int, Picked] | None = None
    for match in _MARKER.finditer(plain):
        rest = plain[match.end() : match.end() + 200]
        if _is_denied(plain, match.start(), rest):
            continue
        indices = _letters(rest, choices)
        if indices and not _is_article(rest):
            best = (match.end(), Picked(indices, rest[:40].strip(), "marker"))
        elif (
            found := _index_of(re.split(r"[.。\n]|,? (?:because|since|as) ", rest)[0].strip(' "”'), choices)
        ) is not None:
            best = (match.end(), Picked(frozenset({found}), rest[:40].strip(), "marker"))
    for match in _STATED.finditer(plain):
        letters = match[1] or match[2] or "".join(re.findall(r"[A-Z]", match[3]))
        if (
            _known(set(letters), choices)
            and not _DENIED.search(plain[: match.start()])
            and (best is None or match.start() > best[0])
        ):
            best = (match.start(), Picked(_indices(letters), match[0], "stated"))
    return best[1] if best else None


def _is_denied(text: str, start: int, rest: str) -> bool:
    if re.match(r"(?i)\s*(?:not\b|n't|isn'?t|can'?t|不)", rest):
        return True
    if re.match(r"^\W*[A-Z](?![A-Za-z])", rest) and _REFUTED.match(re.sub(r"^\W*[A-Z](?![A-Za-z])", "", rest)):
        return True
    before = text[max(0, start - 40) : start]
    return (_NEGATION.search(before) or _OTHERS.search(before)) is not None


def _is_article(rest: str) -> bool:
    """Whether a leading `A` or `I` is a word."""
    return re.match(r"^[AI]\s+(?!and\b|or\b|is\b|because\b|since\b|as\b)[a-z]{2,}", rest) is not None


def _begins_phrase(line: str, choices: tuple[str, ...]) -> bool:
    """Whether a leading letter belongs to the noun after it, as in `B cells`, rather than to an option's text."""
    after = re.match(r"^[A-Z]\s+(?!(?:and|or|is|because|since|as|seems|must|looks|will|for|by)\b)(?=[a-z]{2})", line)
    rest = _normal(line[after.end() :]) if after else ""
    return after is not None and not any(rest.startswith(_normal(choice)) for choice in choices)


def _leading(answer: str, choices: tuple[str, ...]) -> Picked | None:
    """A letter that opens the answer or its last line."""
    lines = [line for line in (_plain(line) for line in answer[-_TAIL:].strip().splitlines()) if line]
    for line in (lines[-1], lines[0]) if lines else ():
        if re.match(r"(?i)^\W*(?:not|never|neither)\b|^不", line):
            continue
        indices = _letters(line, choices)
        rest = re.sub(r"(?i)^\W*(?:option|choice|answer)s?\s*:?\s*", "", line)
        if _begins_phrase(rest, choices):
            continue
        if indices and not _is_article(rest) and not _REFUTED.match(re.sub(r"^\W*[A-Z](?![A-Za-z])", "", rest)):
            return Picked(indices, line[:40], "leading")
    return None


def _normal(text: str) -> str:
    text = _plain(text).casefold()
    text = re.sub(r"^(?:the|a|an)\s+", "", text)
    return re.sub(r"[^\w%.+^/=<>-]+", " ", text).strip(" .")


def _index_of(text: str, choices: tuple[str, ...]) -> int | None:
    """The only option that reads as `text`."""
    wanted = _normal(text)
    found = [i for i, choice in enumerate(choices) if wanted and _normal(choice) == wanted]
    return found[0] if len(found) == 1 else None


def _by_text(text: str, choices: tuple[str, ...]) -> Picked | None:
    """The only option whose text stands, undenied, in the last sentence that names any option."""
    for sentence in reversed(re.split(r"(?<=[.。!?！？])\s+|\n+", text)):
        plain = f" {_normal(sentence)} "
        found = [i for i, choice in enumerate(choices) if _normal(choice) and f" {_normal(choice)} " in plain]
        longest = [i for i in found if not any(i != j and _normal(choices[i]) in _normal(choices[j]) for j in found)]
        before = {i: plain.partition(f" {_normal(choices[i])} ")[0] + " " for i in longest}
        kept = [i for i in longest if not _DENIED.search(before[i])]
        if len(kept) == 1 and (len(longest) > 1 or not _NEGATION.search(before[kept[0]])):
            return Picked(frozenset(kept), choices[kept[0]], "option_text")
        if found:
            return None
    return None


def wanted(reference: ChoiceReference) -> frozenset[int] | None:
    """The right options, of which some questions have several; None where the reference names none."""
    answer = reference.answer.strip()
    place = right_option(answer, reference.choices)
    if place is not None:
        return frozenset({place})
    letters = _letters(_plain(answer), reference.choices)
    if letters:
        return letters
    found = _index_of(answer, reference.choices)
    return None if found is None else frozenset({found})
