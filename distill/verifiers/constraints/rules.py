r"""IFEval's checks by name. Each takes the answer and its own arguments, and says what is wrong, or None.

Names and arguments are those of IFEval's published data (`google/IFEval` on the Hub), so that its rows work unchanged:
`{"id": "length_constraints:number_words", "relation": "at least", "num_words": 300}`. Sentences are counted by their
closing marks, without IFEval's trained splitter, and keywords are literal text, never patterns.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Literal

from pydantic import ConfigDict, JsonValue, ValidationError, validate_call

from distill.language import identify

Relation = Literal["at least", "less than", "at most", "exactly"]
Check = Callable[..., str | None]
MIN_LETTERS = 12
"""Below this a guess at a language is no better than chance: `yes` is taken for Walloon."""
MAX_CHARS = 20_000
"""Of an answer whose language is asked for."""
_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"(?<![.!?])[.!?]++[\"'”’)\]]*+(?=\s|$)|[。！？]+")
_ABBREVIATION = re.compile(r"\b(?:mr|mrs|ms|dr|prof|st|vs|etc|e\.g|i\.e|fig)\.$", re.IGNORECASE)
_CHOICES = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
RULES: dict[str, Check] = {}


class Undecidable(Exception):  # noqa: N818 - a fact about a rule, not a failure of the run
    """The rule is not one of ours, is badly written, or cannot tell."""


def broken(rule: Mapping[str, JsonValue], answer: str) -> str | None:
    """What keeps `answer` from satisfying a rule; None where it does. Raises Undecidable."""
    name = str(rule.get("id"))
    if name not in RULES:
        raise Undecidable(f"there is no constraint {name!r}")
    arguments = {key: value for key, value in rule.items() if key != "id" and value is not None}
    try:
        problem = RULES[name](answer, **arguments)
    except ValidationError as error:
        first = error.errors()[0]
        raise Undecidable(f"{name}: argument {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    return problem and f"{name}: {problem}"


def _rule(name: str) -> Callable[[Check], Check]:
    def enter(check: Check) -> Check:
        RULES[name] = validate_call(config=ConfigDict(coerce_numbers_to_str=True))(check)
        return check

    return enter


@_rule("keywords:existence")
def _existence(text: str, *, keywords: list[str]) -> str | None:
    missing = [word for word in keywords if word.lower() not in text.lower()]
    return f"it lacks {', '.join(missing)}" if missing else None


@_rule("keywords:frequency")
def _frequency(text: str, *, keyword: str, frequency: int, relation: Relation) -> str | None:
    return _off(text.lower().count(keyword.lower()), relation, frequency, f"times {keyword!r}")


@_rule("keywords:forbidden_words")
def _forbidden_words(text: str, *, forbidden_words: list[str]) -> str | None:
    found = [word for word in forbidden_words if re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)]
    return f"it has {', '.join(found)}" if found else None


@_rule("keywords:letter_frequency")
def _letter_frequency(text: str, *, letter: str, let_frequency: int, let_relation: Relation) -> str | None:
    return _off(text.lower().count(letter.lower()), let_relation, let_frequency, f"times {letter!r}")


@_rule("language:response_language")
def _response_language(text: str, *, language: str) -> str | None:
    return _not_in(language, text)


@_rule("length_constraints:number_sentences")
def _number_sentences(text: str, *, num_sentences: int, relation: Relation) -> str | None:
    return _off(count_sentences(text), relation, num_sentences, "sentences")


@_rule("length_constraints:number_words")
def _number_words(text: str, *, num_words: int, relation: Relation) -> str | None:
    return _off(len(_WORD.findall(text)), relation, num_words, "words")


@_rule("length_constraints:number_paragraphs")
def _number_paragraphs(text: str, *, num_paragraphs: int) -> str | None:
    parts = [part.strip() for part in text.split("***")]
    if not all(parts[1:-1]):
        return "a paragraph between two dividers *** is empty"
    return _off(sum(map(bool, parts)), "exactly", num_paragraphs, "paragraphs")


@_rule("length_constraints:nth_paragraph_first_word")
def _first_word(text: str, *, num_paragraphs: int, nth_paragraph: int, first_word: str) -> str | None:
    paragraphs = [part.strip() for part in text.split("\n\n") if part.strip()]
    if len(paragraphs) != num_paragraphs:
        return _off(len(paragraphs), "exactly", num_paragraphs, "paragraphs")
    if not 1 <= nth_paragraph <= num_paragraphs:
        raise Undecidable(f"there is no paragraph {nth_paragraph} of {num_paragraphs}")
    word = paragraphs[nth_paragraph - 1].split()[0].strip("\"'“”‘’.,?!").lower()
    return None if word == first_word.lower() else f"paragraph {nth_paragraph} begins with {word!r}"


@_rule("detectable_content:number_placeholders")
def _number_placeholders(text: str, *, num_placeholders: int) -> str | None:
    return _off(len(re.findall(r"\[[^\[\]]*\]", text)), "at least", num_placeholders, "placeholders in [ ]")


@_rule("detectable_content:postscript")
def _postscript(text: str, *, postscript_marker: str) -> str | None:
    bare = re.sub(r"\s", "", postscript_marker).lower()
    lines = (re.sub(r"\s", "", line[:200]).lower() for line in text.splitlines())
    return None if any(bare in line for line in lines) else f"it has no {postscript_marker}"


@_rule("detectable_format:number_bullet_lists")
def _number_bullet_lists(text: str, *, num_bullets: int) -> str | None:
    lines = [line.lstrip() for line in text.splitlines()]
    found = sum(line.startswith("-") or (line.startswith("*") and not line.startswith("**")) for line in lines)
    return _off(found, "exactly", num_bullets, "bullet points")


@_rule("detectable_format:constrained_response")
def _constrained_response(text: str) -> str | None:
    return None if any(choice in text for choice in _CHOICES) else f"it has none of {', '.join(_CHOICES)}"


@_rule("detectable_format:number_highlighted_sections")
def _number_highlighted_sections(text: str, *, num_highlights: int) -> str | None:
    found = re.findall(r"\*\*([^\n*]+)\*\*|\*([^\n*]+)\*", text)
    return _off(sum(bool((a or b).strip()) for a, b in found), "at least", num_highlights, "highlighted sections")


@_rule("detectable_format:multiple_sections")
def _multiple_sections(text: str, *, section_spliter: str, num_sections: int) -> str | None:
    found = re.findall(rf"{re.escape(section_spliter)}\s?\d+", text)
    return _off(len(found), "at least", num_sections, f"sections {section_spliter} 1, 2, …")


@_rule("detectable_format:json_format")
def _json_format(text: str) -> str | None:
    body = re.sub(r"^```(?:json)?\s|```$", "", text.strip(), flags=re.IGNORECASE).strip()
    try:
        json.loads(body, parse_constant=_refuse, parse_int=str)
    except (ValueError, RecursionError) as error:
        return f"it is not JSON ({error})"
    return None


@_rule("detectable_format:title")
def _title(text: str) -> str | None:
    titled = (line[line.find("<<") + 2 : line.rfind(">>")] for line in text.splitlines() if "<<" in line)
    return None if any(title.strip("<> ") for title in titled) else "it has no <<title>>"


@_rule("combination:two_responses")
def _two_responses(text: str) -> str | None:
    parts = [part.strip() for part in text.split("******")]
    given = [part for part in parts if part]
    if len(given) != 2 or not all(parts[1:-1]):
        return f"it has {len(given)} responses between ******, 2 are wanted"
    return "both responses are the same" if given[0] == given[1] else None


@_rule("combination:repeat_prompt")
def _repeat_prompt(text: str, *, prompt_to_repeat: str) -> str | None:
    is_repeated = text.strip().lower().startswith(prompt_to_repeat.strip().lower())
    return None if is_repeated else "it does not begin with the request"


@_rule("startend:end_checker")
def _end_checker(text: str, *, end_phrase: str) -> str | None:
    end = text.strip().strip('"').lower()[-max(200, 2 * len(end_phrase)) :]
    return None if end.endswith(end_phrase.strip().lower()) else f"it ends with {end[-40:]!r}"


@_rule("startend:quotation")
def _quotation(text: str) -> str | None:
    body = text.strip()
    is_quoted = len(body) > 1 and body[0] == body[-1] == '"'
    return None if is_quoted else "it is not wrapped in double quotation marks"


@_rule("change_case:capital_word_frequency")
def _capital_words(text: str, *, capital_frequency: int, capital_relation: Relation) -> str | None:
    found = sum(word.isupper() for word in re.findall(r"[\w'’-]+", text))
    return _off(found, capital_relation, capital_frequency, "words in capitals")


@_rule("change_case:english_capital")
def _english_capital(text: str) -> str | None:
    return _not_in("en", text.lower()) if text.isupper() else "it is not all in capitals"


@_rule("change_case:english_lowercase")
def _english_lowercase(text: str) -> str | None:
    return _not_in("en", text) if text.islower() else "it is not all in lower case"


@_rule("punctuation:no_comma")
def _no_comma(text: str) -> str | None:
    return "it has a comma" if "," in text else None


def count_sentences(text: str) -> int:
    """Sentences by their closing marks; text behind the last mark is one more, an abbreviation ends none."""
    num, start = 0, 0
    for mark in _SENTENCE_END.finditer(text):
        if _ABBREVIATION.search(text[max(start, mark.end() - 12) : mark.end()]):
            continue
        num, start = num + 1, mark.end()
    return num + bool(_WORD.search(text, start))


def _off(found: int, relation: Relation, wanted: int, what: str) -> str | None:
    holds = {
        "at least": found >= wanted,
        "less than": found < wanted,
        "at most": found <= wanted,
        "exactly": found == wanted,
    }
    return None if holds[relation] else f"it has {found} {what}, {relation} {wanted} are wanted"


def _not_in(language: str, text: str) -> str | None:
    if sum(map(str.isalpha, text)) < MIN_LETTERS:
        raise Undecidable("there is too little text to tell its language")
    found = identify(text[:MAX_CHARS])
    return None if found == language.lower() else f"it is in {found}, {language} is wanted"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
