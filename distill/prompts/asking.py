r"""The places of a problem that ask for something: a question, an imperative and its object, a blank. Pure.

A verb asks where a clause begins, as in "If $n$ is odd, prove that …", not as in "we can show that …". Formulas are
taken out first (`plain_text`), so that neither their brackets nor their full stops count.
"""

import re
from collections.abc import Iterator
from enum import StrEnum

FORMULA = "¤"
"""Stands for a formula that was taken out."""
POINT = "•"
"""Begins an item of a list without labels."""


class Wish(StrEnum):
    """What one place asks for."""

    ANSWER = "answer"
    """Something that can be compared."""
    MORE = "more"
    """The form of an answer, or what is made of the answer before: "… and find their sum", "If so, what is it?"."""
    PROOF = "proof"
    """A proof, an explanation, an example or a drawing."""


_MONEY = re.compile(r"\\\$|\$(?=\d[\d.,]*+(?:\s\d{3}\b|\s[A-Za-z(]{2}|[,.;?!)]\s[A-Za-z]|[,.;?!)]?$|-))")
_FORMULA = re.compile(
    r"\$\$(?:[^$\\]|\\[^$])*+\$\$|\$(?:[^$\\]|\\[^$])*+\$"
    r"|(?<!\\)\\(?:\[(?:[^\\]|\\[^\[\]])*+\\\]|\((?:[^\\]|\\[^()])*+\\\))"
)
_ENVIRONMENTS = tuple(
    re.compile(rf"\\(?:begin|end)\{{(?:{names})\*?\}}")
    for names in ("array|tabular|matrix|cases|aligned", "align|equation|gather|eqnarray|multline")
)
"""From the inside out."""
_POINT = re.compile(r"\$\\bullet\$|\\item\b\s*+(?:\[([^\[\]\n]{0,20})\])?")
_SENTENCE_END = re.compile(
    r"(?<=[?;])\s++|(?<=[^A-Z\s]\.)(?<!Mr\.)(?<!Mrs\.)(?<!Dr\.)(?<!St\.)(?<!vs\.)(?<!Fig\.)\s++(?![a-z+=\-*/¤])"
    r"|(?<=[。？；])|\n[ \t]*+\n"
)

_SHOWING = (
    "prove|disprove|show|demonstrate|verify|establish|justify|explain|interpret|discuss|draw|sketch|plot|graph"
    "|construct|illustrate|argue|comment|outline|deduce|conclude|infer"
)
_FINDING = (
    "find|determine|compute|calculate|evaluate|solve|simplify|factor|factori[sz]e|estimate|approximate|convert"
    "|integrate|differentiate|maximi[sz]e|minimi[sz]e|identify|classify|assess|obtain"
)
_TELLING = (
    r"show\s+all|give|express|write|state|list|name|report|tell|count|decide|answer|rewrite|expand|predict|enter|check"
    "|test|derive|order|arrange|rank|complete|fill|locate|specify|characteri[sz]e|describe|invert|reduce"
    "|rationali[sz]e|match|indicate|provide|return|diagonali[sz]e"
)
_VERB = re.compile(rf"\b(?:(?P<telling>{_TELLING})|(?P<finding>{_FINDING})|(?P<showing>{_SHOWING}))\b", re.IGNORECASE)
_MADE = re.compile(
    r"describe\s+(?:how|why|in\s+your|the\s+differences?|an?)\b"
    r"|(?:give|find|provide|present|supply|state|write|construct|produce)\s+(?:down\s+)?(?:an?|another|the)\s+"
    r"(?:[a-z-]+\s+){0,3}(?:proof|argument|example|counter-?example|explanation|interpretation)s?\b",
    re.IGNORECASE,
)
_WORK = re.compile(
    r"\s*+(?:$|[.,;:!)]|why(?:\s+or\s+why\s+not)?\s*+[.;]?$|(?:(?:to|all|each|every|of|the|and)\s+){0,3}"
    r"(?:your\w*+|you|me|us|work|works?ing|steps?|reasoning)\b)",
    re.IGNORECASE,
)
"""What is shown or explained beside an answer."""
_SAME = re.compile(
    r"\s*+(?:out\s+)?(?:without|using|it|them|(?:its|their)\s+(?:sum|product|value|difference|average|mean)s?|this|that"
    r"|those|these|such|all\s+such|one|both|your|any|the\s+(?:final|answer|result|(?:sum|product)\s+of\s+(?:all|these"
    r"|those|its)))\b|\s*+(?:¤|[a-zA-Z])\s*+[.,?]*+$",
    re.IGNORECASE,
)
"""An object that goes back to what was found before, or only a formula made of it."""
_AFTERWARDS = re.compile(
    r"\((?![^\s()]{1,4}\))|\W*+(?:us(?:e|ing)\s+(?:this|these|that|it)\b|if\s+(?:so|not|yes|it|they|there|consistent"
    r"|possible|the\s+limit|the\s+answer)\b|otherwise|that\s+is|in\s+other\s+words|i\.e|as\s+a\s+bonus|or\b|express"
    r"|your\s+answer|which\s+(?:option|answer|choice|one|of\s+(?:these|the\s+(?:above|options)))\b)",
    re.IGNORECASE,
)
"""The beginning of a sentence that goes on with the question before."""
_OPENERS = frozenset(".?!:;,)]}>*#&|-–—\\\n。，；：、？！）】" + FORMULA + POINT)
_LEADS = frozenset("and then also hence thus therefore please finally must should or further moreover".split())
_MAX_WORD = 30
"""Characters before a verb in which its clause is seen to begin."""
_MEANS = re.compile(r"\W*+(?:and\s+|then\s+)?(?:use|using|apply|employ)\b", re.IGNORECASE)
_WHAT_IS = re.compile(r"\W*+(?:and\s+|then\s+|so\s+)?what(?:'s|\s+is|\s+are|\s+was|\s+were)\b", re.IGNORECASE)
_ALSO_ASKED = re.compile(
    r"\band\s+(?:[a-z]+\s+){0,2}?(?:what|which|how\s+(?:many|much|far|long|old|fast))\b", re.IGNORECASE
)
_UNMARKED = re.compile(
    r"(?:^|[,;:¤]\s*+|\bthen\s+)(?:what\s+(?:is|are)|how\s+(?:many|much)|(?:is\s+it\s+)?true\s+o[rf]\s+false"
    r"|yes\s+or\s+no)\b",
    re.IGNORECASE,
)
"""A question without its mark."""
_WHY = re.compile(
    r"\W*+(?:and\s+)?(?:why|how\s+(?:can|do|would|could)\s+(?:you|we)\s+(?:know|justify|explain|prove))\b",
    re.IGNORECASE,
)
_BLANK = re.compile(
    r"_{3,}+|(?:\\_){2,}+|\\underline\{(?:\\[a-z]+(?:\{[a-z\d. ]*\})?|[\s~_])*+\}|[(（][\s\u3000]++[)）]|[（(]\s*+填"
)
_CHINESE = re.compile(
    r"(?:^|(?<=[\s¤，。；：、）)．.,;:•再并请试别接来]))(?:(?P<showing>求证|证明(?![了过])|说明(?!理由)|画出|作出)"
    r"|求(?![证得出])|计算(?![机器结时])|写出|化简|解方程|解不等式|判断|指出|求出|讨论|估计"
    r"|[把将](?=[^，。；]{0,80}化[为成]))|(?P<why>为什么)|为何值"
)


def plain_text(problem: str) -> str:
    """The problem with a sign for each formula, which keeps the stop that the formula ends with."""
    text, *pictures = problem.split("[asy]")
    text += "".join(picture.partition("[/asy]")[2] for picture in pictures)
    text = _FORMULA.sub(_sign, _POINT.sub(_point, _MONEY.sub("USD ", text)))
    for environment in _ENVIRONMENTS if "\\begin{" in text else ():
        text = _FORMULA.sub(_sign, environment.sub("$$", text))
    return text


def asks(text: str) -> list[Wish]:
    """What a text without formulas asks for, in order."""
    return [wish for sentence in _SENTENCE_END.split(text) if sentence for wish in _of_sentence(sentence.strip())]


def _of_sentence(sentence: str) -> list[Wish]:
    is_after = _AFTERWARDS.match(sentence) is not None
    if len(sentence) > 1 and sentence.endswith(("?", "？")):
        return [Wish.MORE] if is_after else _question(sentence)
    found = [*_imperatives(sentence), *_chinese(sentence)]
    if not found and _UNMARKED.search(sentence):
        return [Wish.MORE]
    found += [Wish.ANSWER] * len(_BLANK.findall(sentence))
    return [Wish.MORE if is_after and wish is Wish.ANSWER else wish for wish in found]


def _question(sentence: str) -> list[Wish]:
    if _WHY.match(sentence):
        return [Wish.PROOF]
    what = _WHAT_IS.match(sentence)
    first = Wish.MORE if _SAME.match(sentence, what.end() if what else 0) else Wish.ANSWER
    return [first] + [Wish.ANSWER] * len(_ALSO_ASKED.findall(sentence))


def _imperatives(sentence: str) -> Iterator[Wish]:
    for verb in _VERB.finditer(sentence):
        if not _begins_clause(verb, sentence):
            continue
        if _MADE.match(sentence, verb.start()):
            yield Wish.PROOF
        elif verb["showing"]:
            if not _WORK.match(sentence, verb.end()):
                yield Wish.PROOF
        else:
            yield Wish.MORE if verb["telling"] or _SAME.match(sentence, verb.end()) else Wish.ANSWER


def _begins_clause(verb: re.Match[str], sentence: str) -> bool:
    start = max(0, verb.start() - _MAX_WORD)
    before = sentence[start : verb.start()].rstrip()
    if not before or before[-1] in _OPENERS or before[-1] >= "\u3000":
        return True
    word = before[before.rfind(" ") + 1 :].lower()
    if word == "to":
        return _MEANS.match(sentence) is not None
    return word in _LEADS or (start == 0 and word.endswith("ly") and len(word) == len(before))


def _chinese(sentence: str) -> Iterator[Wish]:
    if max(sentence, default="") >= "\u3000":
        for found in _CHINESE.finditer(sentence):
            yield Wish.PROOF if found["showing"] or found["why"] else Wish.ANSWER


def _point(found: re.Match[str]) -> str:
    return f"\n{found[1] or POINT} "


def _sign(formula: re.Match[str]) -> str:
    inside = formula[0].rstrip("$)]}\\ \n\t")
    return f" {FORMULA}{inside[-1]} " if inside[-1:] in {".", "?", "!", ";", ",", ":"} else f" {FORMULA}"
