"""Whether prose states the value that it mentions last, or only mentions it."""

import re

_MAX_AFTERTHOUGHT = 80
"""Characters that may follow the sentence of a value that no conclusion introduces."""

_NOT_STATED = re.compile(
    r"(?:\b(?:not|never|n't|neither|nor|than|least|most|over|under|above|below|exceeds?|between|around|roughly|maybe"
    r"|perhaps|possibly|probably|depends? on|up to|either|guess(?:ed|ing)?"
    r"|tr(?:y|ied|ying)|return|(?:start|beg[ai]n)\w* (?:with|from|at)"
    r"|(?:half|root|powers?|multiples?|digits?|factors?|factorial|log(?:arithm)?|square|cube|divisors?) of"
    r"|divisible by|mod(?:ulo)?|denominator of"
    r"|reject(?:s|ed)?|discard(?:s|ed)?|exclud(?:e|es|ed|ing)|ignor(?:e|es|ed|ing)|rul(?:e|ed|ing) out"
    r"|(?:bound|estimate|possibility|term|difference|ratio) is"
    r"|here (?:is|are)|from\b[^.]{1,20}\bto)"
    r"|\b(?:steps?|cases?|parts?|equations?|sections?|examples?|figures?|page|problems?|questions?|lines?|lemma|theorem"
    r"|attempt|method|chapter|exercise|formula|row|column|table|round|grade|days?|year|number|no\.))"
    r"(?:\s+(?:a|an|the|be|equal to|equals?|exactly|really|to|\d+ (?:and|or)))*[\s$#(]*$"
    r"|\d\s+or[\s$(]*$|(?<!=)[<>≤≥≠]\s*$|\b(?:for|if|when|where|whenever|let|suppose|assume)(?:\s+(?:all|any|every|each|that))?\s+\w+\s*=\s*$"
    r"|\blambda\b[\w\s,*]*:\s*$"
    r"|(?:不是|不等于|并非|大于|小于|至少|至多|步骤?|情况|第|可能)(?:有|是|为)?\s*$",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:for|if|when|where|whenever|let|suppose|assume)(?:\s+(?:all|any|every|each|that))?\s*$", re.IGNORECASE
)
"""Before a relation, these make it a condition."""
_GIVEN_UP = re.compile(
    r"\b(?:cannot|can't|couldn't|could not|unable|unsure|unclear|unfinished|incomplete|incorrect|wrong|stuck|impossible"
    r"|(?:give|gave) up"
    r"|(?:not|n't) (?:\w+ )?(?:able|sure|certain|know|"
    r"finish\w*|complete\w*|correct|right|resolve|solve|determine|done))\b"
    r"|无法|不确定|不知道|错误",
    re.IGNORECASE,
)
_SURRENDERED = re.compile(
    r"\bI (?:can(?:not|'t)|could(?: not|n't)|am (?:not|unable|unsure)|(?:do|did)(?: not|n't))\b"
    r"|我(?:无法|不知道|不确定)"
)
"""Anywhere: the writer did not get to an answer."""
_SUPPOSED = re.compile(
    r"^[\s*#-]*(?:if|suppose|assum\w+|imagine|let(?:'s)?|consider|first|next|second|to begin|since|because|note|recall"
    r"|we know|given|of the|compute|calculate|check|setting|using|substitut\w+|plug\w+|round\w*|initially|originally"
    r"|we (?:want|need) to|another|could)\b"
    r"(?!.*\b(?:then|so|thus|hence|therefore|must|we (?:get|find|have))\b)",
    re.IGNORECASE | re.DOTALL,
)
"""How a sentence begins whose value is a premise or an intermediate result."""
_BLURRED = re.compile(r"\W*(?:or (?:so|more|less|fewer|thereabouts)|ish)\b", re.IGNORECASE)
_ACRONYM = re.compile(r"\b(?!USD|EUR|GBP|RMB|CNY|INR)[A-Z]{3,}\s+$")
"""A competition or a standard, whose number is a part of its name."""
_PREMISE = re.compile(
    r"(?:\b(?:at|for|on|with|after|before|by|during|within|among|through|until|since|had|were?|add|subtract|plus|minus"
    r"|times|base|nearest|(?<!s )to|(?:options|choices) are\b.*)|[+×*·÷^−–/])[\s$(]*$",
    re.IGNORECASE,
)
"""Before a value that no conclusion introduces: a circumstance, the state at the outset, an operand."""
_LINKED = re.compile(
    r"(?:\b(?:is|are|it's|that's|be|equals?|gives?|gets?|yields?|obtains?|becomes?|makes?|leaves|leaving|needs?|needed"
    r"|have|has|of|left with|ends? up with|(?:will|can|takes?|costs?|earns?|pays?|spends?)(?: \w+){0,2})\b"
    r"(?:\s+(?:us|you|exactly|only|just|about|a|an|the|then|therefore))*|[=:：])[\s$(]*$",
    re.IGNORECASE,
)
"""Before a value: the words that give it."""
_CLOSED = re.compile(r"^[\w\s]{0,30}?\b(?:remain\w*|left|in (?:total|all)|altogether|overall)\b", re.IGNORECASE)
"""After a value: it is what all came to."""
_ADVERBS = re.compile(r"[\s*#$(]|\b(?:just|about|only|exactly|approximately|simply)\b", re.IGNORECASE)
_NEXT = re.compile(r"^\W*(?:now|next|then|we (?:now|next|must|need|want|have to)|let|find|it remains)\b", re.IGNORECASE)
"""How a text goes on whose value is an intermediate result."""
_UNANSWERING = re.compile(
    r"^[\w\s%°$)}*/]*?\b(?:at (?:first|the (?:start|beginning|outset))|initially|originally|times|more than|less than"
    r"|to consider|to check"
    r"|can|cannot|could|must|should|does|doesn't|would|(?:is|are|was)(?! the (?:\w+ )?(?:answer|solution|result)))\b"
    r"|^\W*so\b|^[^.]*\b(?:but|fails?|is asked|however|contradict\w*|no"
    r"|we (?:now|must|need|will|can|use|want|continue))\b",
    re.IGNORECASE,
)
"""After a value: it is the outset, a factor, the subject of a sentence, or part of what fails."""
_SHARED = re.compile(r"^[\s$)}*]*of (?:the|its|his|her|their|that|this)\b", re.IGNORECASE)
"""After a fraction: a share of something that is named."""
_FRACTION = re.compile(r"[/%.]|frac")
_CONCLUDED = re.compile(
    r"[=⇒∴]|\b(?:therefore|thus|hence|so|total|conclu\w+|finally|we (?:get|find|have))\b|[^\x00-\x7f]", re.IGNORECASE
)
_END = re.compile(r"[.!?。！？](?=\s|$|\*)|\n")


def states(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]`, the last value of the text, is asserted: no label, bound, doubt or afterthought.

    It knows the words of English, and some of Chinese, for these; other languages are taken at their word.
    """
    before = max(
        (match.end() for match in _END.finditer(text, max(0, start - 400), start)), default=max(0, start - 400)
    )
    after = _END.search(text, end)
    stop = after.end() if after else len(text)
    lead, value, rest = text[before:start].rstrip("*_ "), text[start:end], text[end:stop]
    is_relation = re.search(r"[<>=≤≥]|\\[lg]eq?\b", value) is not None
    if _NOT_STATED.search(lead) or _SUPPOSED.match(lead) or _ACRONYM.search(f"{lead} ") or _BLURRED.match(text, end):
        return False
    if is_relation and _CONDITION.search(lead):
        return False
    if not is_relation and _UNANSWERING.match(rest):
        return False
    if not (_CONCLUDED.search(lead) or _CLOSED.match(rest)):
        is_alone = not text[:before].strip() or not _ADVERBS.sub("", lead)
        is_linked = is_relation or _LINKED.search(lead) is not None
        if not is_linked and (_PREMISE.search(lead) or not is_alone):
            return False
        if len(text) - stop > _MAX_AFTERTHOUGHT or (_FRACTION.search(value) and _SHARED.match(rest)):
            return False
    if _NEXT.match(text[stop:]) or (after and after[0] in "?？"):
        return False
    return not (_GIVEN_UP.search(text, before) or _SURRENDERED.search(text))
