r"""The places of a problem that ask for something: a question, an imperative and its object, a blank. Pure.

A verb asks where a clause begins, as in "If $n$ is odd, prove that …", not as in "we can show that …". Formulas are
taken out first (`plain_text`), so that neither their brackets nor their full stops count.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

FORMULA = "¤"
"""Stands for a formula that was taken out."""


class Wish(StrEnum):
    """What one place asks for."""

    ANSWER = "answer"
    """Something that can be compared."""
    MORE = "more"
    """The form of an answer, or what is made of the answer before: "… and find their sum", "If so, what is it?"."""
    PROOF = "proof"
    """A proof, an explanation, an example or a drawing."""


class Ask(NamedTuple):
    """One thing that is asked for."""

    wish: Wish
    is_also: bool = False
    """It is joined to another within the same sentence, where much of it may be read in two ways."""


_MONEY = re.compile(r"\\\$|\$(?=\d[\d.,]*+(?:\s\d{3}\b|\s[A-Za-z(]{2}|[,.;?!)]\s[A-Za-z]|[,.;?!)]?$|-))")
_FORMULA = re.compile(
    r"\[asy\](?:[^\[]|\[(?!/?asy\]))*+\[/asy\]"
    r"|\$\$(?:[^$\\]|\\[^$])*+\$\$"
    r"|\$(?:[^$\\]|\\[^$])*+\$"
    r"|\\\[(?:[^\\]|\\[^\[\]])*+\\\]"
    r"|\\\((?:[^\\]|\\[^()])*+\\\)"
    r"|\\begin\{(?:align|equation|array|gather|tabular|eqnarray|multline)\*?\}"
    r"(?:[^\\]|\\(?!begin\{|end\{))*+\\end\{\w+\*?\}"
)
_BULLET = re.compile(r"\$\\bullet\$")
_ITEM = re.compile(r"\\item\b\s*(?:\[([^\[\]\n]{0,20})\])?")
_SENTENCE_END = re.compile(
    r"(?<=[?;])\s+|(?<=[^A-Z\s]\.)(?<!Mr\.)(?<!Mrs\.)(?<!Dr\.)(?<!St\.)(?<!vs\.)(?<!Fig\.)\s+(?![a-z+=\-*/¤])|(?<=[。？；])|\n\s*\n"
)

_SHOWING = (
    "prove|disprove|show|demonstrate|verify|establish|justify|explain|interpret|discuss|draw|sketch|plot"
    "|graph|construct|illustrate|argue|comment|outline|deduce|conclude|infer"
)
_FINDING = (
    "find|determine|compute|calculate|evaluate|solve|simplify|factor|factori[sz]e|estimate|approximate|convert"
    "|integrate|differentiate|maximi[sz]e|minimi[sz]e|identify|classify|assess|obtain"
)
_TELLING = (
    "give|express|write|state|list|name|report|tell|count|decide|answer|rewrite|expand|predict|enter"
    "|check|test|derive|order|arrange|rank|complete|fill|locate|specify|characteri[sz]e|describe|invert|reduce"
    "|rationali[sz]e|match|indicate|provide|return|diagonali[sz]e"
)
_VERB = re.compile(rf"\b(?:(?P<telling>show\s+all|{_TELLING})|(?P<finding>{_FINDING})|(?P<showing>{_SHOWING}))\b", re.IGNORECASE)
_MADE = re.compile(
    r"describe\s+(?:how|why|in\s+your|the\s+differences?|an?)\b"
    r"|(?:give|find|provide|present|supply|state|write|construct|produce)\s+(?:down\s+)?(?:an?|another|the)\s+"
    r"(?:[a-z-]+\s+){0,3}(?:proof|argument|example|counterexample|counter-example|explanation|interpretation)s?\b",
    re.IGNORECASE,
)
_WORK = re.compile(
    r"\s*(?:$|[.,;:!)]|(?:why\s*|why or why not\s*)?[.;]?$|(?:to\s+yourself|yourself|(?:all|each|every|of|the|and)\s+)*"
    r"(?:your\w*|you|me|us|work|works?ing|steps?|reasoning)\b)",
    re.IGNORECASE,
)
_OPENERS = frozenset(".?!:;,)]}>*#&|-–—•\\\n" + FORMULA + "•。，；：、？！）】")
_LEADS = frozenset("and then also hence thus therefore please finally must should or further moreover".split())
_AIMS = re.compile(r"\W*(?:and\s+|then\s+)?(?:use|using|apply|employ)\b", re.IGNORECASE)
_SAME = re.compile(
    r"\s*(?:out\s+)?(?:without|using|it|them|(?:its|their)\s+(?:sum|product|value|difference|average|mean)s?|this|that|those|these|such|all\s+such|one|both|your|any|the\s+(?:final|answer|result"
    r"|sum\s+of\s+(?:all|the|these|those|its)|product\s+of\s+(?:all|these|those|its)))\b|\s*(?:¤|[a-zA-Z])\s*[.,?]*$",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(
    r"(?:\W*)(?:us(?:e|ing)\s+(?:this|these|that|it)\b|if\s+(?:so|not|yes|it|they|there|consistent|possible|the\s+(?:limit|answer))\b|otherwise|that\s+is"
    r"|in\s+other\s+words|i\.e|as\s+a\s+bonus|or\b|express|your\s+answer|\()",
    re.IGNORECASE,
)
_ALSO_WH = re.compile(r"\band\s+(?:[a-z]+\s+){0,2}?(?:what|which|how\s+(?:many|much|far|long|old|fast))\b", re.IGNORECASE)
_UNMARKED = re.compile(
    r"(?:^|[,;:¤]\s*|\bthen\s+)(?:what\s+(?:is|are)|how\s+(?:many|much)|(?:is\s+it\s+)?true\s+o[rf]\s+false|yes\s+or\s+no)\b",
    re.IGNORECASE,
)
"""A question without its mark."""
_WHY = re.compile(r"\W*(?:and\s+)?(?:why|how\s+(?:can|do|would|could)\s+(?:you|we)\s+(?:know|justify|explain|prove))\b", re.I)
_BLANK = re.compile(r"_{3,}|(?:\\_){2,}|\\underline\{(?:\\[a-z]+(?:\{[a-z\d. ]*\})?|[\s~_])*\}|[(（][\s　]+[)）]|[（(]\s*填")
_CHINESE = re.compile(
    r"(?:^|(?<=[\s¤，。；：、）)．.,;:•再并请试别接来]))(?:(?P<showing>求证|证明(?![了过])|说明(?!理由)|画出|作出)"
    r"|(?P<finding>求(?![证得出])|计算(?![机器结时])|写出|化简|解方程|解不等式|判断|指出|求出|讨论|估计"
    r"|(?:把|将)(?=[^，。；]{0,80}化[为成])))|(?P<why>为什么)|(?P<value>为何值)"
)


def plain_text(problem: str) -> str:
    """The problem with a sign for each formula, which keeps the stop that the formula ends with."""
    return _ITEM.sub(r"\n• \1 ", _FORMULA.sub(_sign, _BULLET.sub("\\\\item ", _MONEY.sub("USD ", problem))))


def asks(text: str) -> list[Ask]:
    """What a text without formulas asks for, in order."""
    return [ask for sentence in _SENTENCE_END.split(text) if sentence for ask in _of_sentence(sentence.strip())]


def _of_sentence(sentence: str) -> Iterator[Ask]:
    found = [*_imperatives(sentence), *_chinese(sentence)]
    is_after = bool(_AFTERWARDS.match(sentence))
    if len(sentence) > 1 and sentence.endswith(("?", "？")):
        yield from _questions(sentence, is_after=is_after)
        return
    if not found and _UNMARKED.search(sentence):
        found = [Ask(Wish.MORE)]
    blanks = [Ask(Wish.ANSWER)] * len(_BLANK.findall(sentence))
    for ask in [*found, *blanks]:
        yield Ask(Wish.MORE) if is_after and ask.wish is Wish.ANSWER else ask


def _questions(sentence: str, *, is_after: bool) -> Iterator[Ask]:
    if _WHY.match(sentence):
        yield Ask(Wish.PROOF)
    elif is_after:
        yield Ask(Wish.MORE)
    else:
        yield Ask(Wish.MORE if _SAME.match(_WHAT_IS.sub("", sentence)) else Wish.ANSWER)
        yield from [Ask(Wish.ANSWER, is_also=True)] * len(_ALSO_WH.findall(sentence))


_WHAT_IS = re.compile(r"^\W*(?:and\s+|then\s+|so\s+)?what(?:'s|\s+is|\s+are|\s+was|\s+were)\b", re.IGNORECASE)


def _imperatives(sentence: str) -> Iterator[Ask]:
    num = 0
    for match in _VERB.finditer(sentence):
        if not _opens_clause(sentence, match.start(), match.group()[0].isupper()):
            continue
        wish = _wish(match, sentence)
        if wish is not None:
            yield Ask(wish, is_also=num > 0)
            num += 1


def _wish(match: re.Match[str], sentence: str) -> Wish | None:
    if _MADE.match(sentence, match.start()):
        return Wish.PROOF
    if match.group("showing"):
        return None if _WORK.match(sentence, match.end()) else Wish.PROOF
    if match.group("telling") or _SAME.match(sentence, match.end()):
        return Wish.MORE
    return Wish.ANSWER


def _opens_clause(sentence: str, start: int, is_capital: bool) -> bool:
    before = sentence[:start].rstrip()
    if not before or before[-1] in _OPENERS or before[-1] >= "\u3000":
        return True
    word = before[before.rfind(" ") + 1 :].lower()
    if word.endswith("ly") and len(word) == len(before):
        return True
    if word == "to":
        return bool(_AIMS.match(before))
    return word in _LEADS or (is_capital and not before[-1].isalnum())


def _chinese(sentence: str) -> Iterator[Ask]:
    for num, match in enumerate(_CHINESE.finditer(sentence)):
        yield Ask(Wish.PROOF if match["showing"] or match["why"] else Wish.ANSWER, is_also=num > 0)


def _sign(match: re.Match[str]) -> str:
    inside = match.group().rstrip("$)]}\\ \n\t")
    return f" {FORMULA}{inside[-1]} " if inside[-1:] in {".", "?", "!", ";", ",", ":"} else f" {FORMULA} "
