"""In which scripts a text is written. Pure.

Latin letters, Greek ones, and signs of mathematics and chemistry are no foreign script: any text may have them.
"""

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from distill.audit.measures.letters import num_letters

LATIN, HAN, KANA, HANGUL = "LATIN", "CJK", "KANA", "HANGUL"
SCRIPTS = frozenset(
    f"""
    {HAN} {KANA} {HANGUL} CYRILLIC ARABIC HEBREW DEVANAGARI BENGALI TAMIL TELUGU KANNADA MALAYALAM GUJARATI GURMUKHI
    SINHALA ORIYA THAI LAO KHMER MYANMAR TIBETAN GEORGIAN ARMENIAN ETHIOPIC MONGOLIAN
    """.split()
)
"""As Unicode names them, Hiragana and Katakana in one."""
EAST_ASIAN = frozenset({HAN, KANA, HANGUL})
EAST_ASIAN_WEIGHT = 3
"""One of their characters says about as much as three letters."""
MIN_KANA_SHARE = 0.1
"""Of a Japanese text's characters; a Chinese one has none."""
FOREIGN = re.compile(r"[\u0400-\u1cff\u2e80-\u30ff\u3130-\u318f\u3400-\ud7af\uf900-\ufaff\ufb1d-\ufdff\ufe70-\ufefc]+")
"""Whatever may be a letter of a foreign script; `script` decides."""
_NAMES = {HAN: "Chinese characters", KANA: "Japanese kana"}


def said(name: str) -> str:
    """A script as a reader knows it.

    >>> said("CJK"), said("CYRILLIC")
    ('Chinese characters', 'Cyrillic letters')
    """
    return _NAMES.get(name, f"{name.title()} letters")


def letters_by_script(text: str) -> Counter[str]:
    """How many letters of each script there are, those of East Asia weighed."""
    counts: Counter[str] = Counter()
    num_foreign = 0
    for word in FOREIGN.findall(text):
        for name, num in Counter(map(script, word)).items():
            num_foreign += num
            counts[name] += num * (EAST_ASIAN_WEIGHT if name in EAST_ASIAN else 1)
    counts.pop("", None)
    counts[LATIN] = max(num_letters(text) - num_foreign, 0)
    return counts


def own_scripts(counts: Counter[str]) -> frozenset[str]:
    """The scripts of the language that a text is mostly in; Japanese has two."""
    usual = max(sorted(counts), key=lambda name: counts[name], default=LATIN)
    if usual in (HAN, KANA) and counts[KANA] >= MIN_KANA_SHARE * (counts[HAN] + counts[KANA]):
        return frozenset({HAN, KANA})
    return frozenset({usual})


@lru_cache(maxsize=65536)
def script(letter: str) -> str:
    """The script of a letter, or of a mark on one; empty for all that is none of `SCRIPTS`."""
    words = unicodedata.name(letter, "").replace("-", " ").split()
    name = words[0] if words else ""
    if name in ("HIRAGANA", "KATAKANA"):
        return KANA
    return name if name in SCRIPTS and unicodedata.category(letter)[0] in "LM" else ""
