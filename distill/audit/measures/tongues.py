"""In which languages a prompt, its trace and its answer are, and whether a trace switches inside. Pure.

Only what a text says in its own voice counts: formulas, code, tables, links and quotations are left out
(`prose.plain_words`), a script that the prompt has is the prompt's subject, a word in brackets is a gloss, and a
language that the prompt names was asked for. Languages are told by `distill.language`, which says nothing where it is
not certain.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from distill.audit.measures.finding import TraceFinding, excerpt
from distill.audit.measures.letters import num_letters
from distill.audit.measures.prose import plain_words
from distill.audit.measures.scripts import FOREIGN, HANGUL, KANA, LATIN, letters_by_script, own_scripts, said, script
from distill.audit.measures.small_words import has_small_words, small_word_language
from distill.audit.trace_row import TraceRow
from distill.language import ENGLISH, SCRIPTS, sure_language
from distill.rows.language_names import language_code

TRACE, ANSWER, SWITCH = "trace ≠ prompt", "answer ≠ prompt", "switches inside"
MIN_FOREIGN = 4
"""Letters outside the main script, a Chinese character being three: two characters, or a short word."""
MIN_LATIN_WORDS, MIN_ENGLISH_WORDS = 8, 2
"""A run of Latin words in a text of another script that is a sentence, and not a name; with small words of English."""
MIN_PARAGRAPH_LETTERS, MIN_SMALL_LETTERS = 120, 60
"""Language identification errs on shorter pieces, small words on pieces that are shorter still."""
MIN_ACCENTS = 3
"""English is nearly the only language without accents: paragraphs are looked at only in a text that has some of them,
or small words of another language."""
MAX_CHARS, ENGLISH_CHARS = 20_000, 4_000
"""Of a text's beginning, by which its language is told. Where that has Latin letters only and begins in English, it is
English, whatever language in Latin letters follows: the paragraphs tell of a switch."""
_GLOSS = re.compile(r"[(（\[【][^()（）\[\]【】\n]{1,60}[)）\]】]")
_LATIN_RUN = re.compile(r"[A-Za-z'’ ,;:]++")
_ACCENT = re.compile(r"[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]")
_WORD = re.compile(r"[^\W\d_]{4,}|[\u3400-\u9fff]{2,}")


class Tongues(NamedTuple):
    """What is found of a trace's languages."""

    prompt: str | None
    """ISO 639-1; None where it is not certain."""
    trace: str | None
    answer: str | None
    findings: list[TraceFinding]
    switched_to: tuple[str, ...]
    """Scripts, or languages in Latin letters."""


def tongues(row: TraceRow) -> Tongues:
    """The languages of a trace, and what is wrong with them."""
    thought = row.reasoning or row.answer
    asked, told, answered = _language(row.prompt), _language(thought), _language(row.answer)
    findings = []
    if asked and told and asked != told and not _is_named(told, row.prompt):
        findings.append(TraceFinding(TRACE, 1.0, f"the prompt is {asked}, the trace {told}", excerpt(thought, 0, 0)))
    if asked and answered and asked != answered and not _is_named(answered, row.prompt):
        why = f"the prompt is {asked}, the answer {answered}"
        findings.append(TraceFinding(ANSWER, 2.0, why, excerpt(row.answer, 0, 0)))
    switched: dict[str, None] = {}
    for text in (row.reasoning or "", row.answer):
        for language, found in _switches(text, row.prompt):
            switched[language] = None
            findings.append(found)
    return Tongues(asked, told, answered, findings, tuple(switched))


@lru_cache(maxsize=64)
def _language(text: str) -> str | None:
    """English, which most is, is known without taking a text apart."""
    text = text[:MAX_CHARS]
    is_latin = text.isascii() or not FOREIGN.search(text)
    if is_latin and sure_language(text[:ENGLISH_CHARS]) == "en":
        return "en"
    return sure_language(plain_words(text)) if text.strip() else None


def _is_named(language: str, prompt: str) -> bool:
    """Whether a prompt speaks of a language: then it may have asked for it."""
    return any(language_code(word) == language for word in set(_WORD.findall(prompt[:MAX_CHARS])))


def _switches(text: str, prompt: str) -> Iterator[tuple[str, TraceFinding]]:
    """What a text switches to, and where first."""
    if not text.isascii() and FOREIGN.search(text):
        yield from _other_scripts(text, prompt)
    elif _may_have_languages(text):
        yield from _other_paragraphs(text, prompt)


def _may_have_languages(text: str) -> bool:
    """Whether it is worth telling the languages of paragraphs apart, which takes milliseconds."""
    return (not text.isascii() and len(_ACCENT.findall(text)) >= MIN_ACCENTS) or has_small_words(text)


def _other_scripts(text: str, prompt: str) -> Iterator[tuple[str, TraceFinding]]:
    prose = _GLOSS.sub(_without_gloss, plain_words(text))
    letters = letters_by_script(prose)
    own = own_scripts(letters)
    usual = said(min(own))
    if LATIN not in own:
        yield from _english_inside(text, prose, prompt, usual)
    for name, num in letters.items():
        if name in own or name == LATIN or num < MIN_FOREIGN or _concerns(name, prompt):
            continue
        first = next(word for word in FOREIGN.findall(prose) if name in map(script, word))
        at = max(text.find(first), 0)
        score = min(num / letters.total() * 10, 5) + min(num / 1000, 1)
        why = f"{said(name)} inside a text in {usual}, first {first[:20]!r}"
        yield said(name), TraceFinding(SWITCH, score, why, excerpt(text, at, at + len(first)))
    if LATIN in own and _may_have_languages(prose):
        yield from _other_paragraphs(text, prompt)


def _english_inside(text: str, prose: str, prompt: str, usual: str) -> Iterator[tuple[str, TraceFinding]]:
    """A sentence of English in a text of another script."""
    for run in _LATIN_RUN.findall(prose):
        words = run.lower().split()
        is_sentence = len(words) >= MIN_LATIN_WORDS and sum(map(ENGLISH.__contains__, words)) >= MIN_ENGLISH_WORDS
        if not is_sentence or run in prompt or _is_named("en", prompt):
            continue
        at = max(text.find(run[:40].strip()), 0)
        why = f"{len(words)} words of English in a row inside a text in {usual}"
        yield "en", TraceFinding(SWITCH, min(len(words) / 50, 5), why, excerpt(text, at, at + len(run)))
        return


def _other_paragraphs(text: str, prompt: str) -> Iterator[tuple[str, TraceFinding]]:
    """Paragraphs that are certainly in another language than most are."""
    known: dict[str, list[str]] = {}
    for paragraph in plain_words(text).split("\n"):
        if language := _language_of(paragraph):
            known.setdefault(language, []).append(paragraph)
    sizes = Counter({language: sum(map(len, parts)) for language, parts in known.items()})
    usual = max(sizes, key=lambda language: sizes[language], default="")
    for language, parts in known.items():
        if language == usual or _is_named(language, prompt) or sure_language(prompt) == language:
            continue
        at = max(text.find(parts[0].strip()[:40]), 0)
        score = min(sizes[language] / sizes.total() * 10, 5)
        why = f"a paragraph is {language}, most are {usual}"
        yield language, TraceFinding(SWITCH, score, why, excerpt(text, at, at + len(parts[0])))


def _language_of(paragraph: str) -> str | None:
    """Its language where it is certain: a paragraph is one, unlike a text, so that small words tell it as well."""
    num = num_letters(paragraph)
    sure = sure_language(paragraph) if num >= MIN_PARAGRAPH_LETTERS else None
    return sure or (small_word_language(paragraph) if num >= MIN_SMALL_LETTERS else None)


def _without_gloss(found: "re.Match[str]") -> str:
    """A gloss in another script stands beside what it explains; other words in brackets are prose."""
    return " " if FOREIGN.search(found[0]) else found[0]


def _concerns(name: str, prompt: str) -> bool:
    """Whether a prompt has letters of a script, or speaks of a language that is written in it."""
    prompt = prompt[:MAX_CHARS]
    if any(name in map(script, word) for word in FOREIGN.findall(prompt)):
        return True
    other_name = {KANA: "HIRAGANA", HANGUL: "HANGUL"}.get(name, name)
    return any(other_name in scripts and _is_named(language, prompt) for language, scripts in SCRIPTS.items())
