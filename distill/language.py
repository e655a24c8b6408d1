"""Which language a text is in: py3langid, whose model of 97 languages comes with the package."""

import functools
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

MIN_WORDS = 4
"""Fewer words in Latin letters say too little to set a row aside."""
MAX_CHANCE = 0.01
"""That the text is in the wanted language after all. Mathematics in English has a chance above 0.3 to be English,
even where formulas interrupt every sentence; a sentence of another language has one below a millionth."""
MIN_LETTERS = 50
"""Shorter texts are often misjudged, except by their script."""
SCRIPTS = {
    "zh": ("CJK",),
    "ja": ("CJK", "HIRAGANA", "KATAKANA"),
    "ko": ("HANGUL", "CJK"),
    **dict.fromkeys(("ru", "uk", "be", "bg", "mk", "sr", "kk", "ky", "mn"), ("CYRILLIC",)),
    **dict.fromkeys(("ar", "fa", "ur", "ps", "ug"), ("ARABIC",)),
    **dict.fromkeys(("hi", "mr", "ne"), ("DEVANAGARI",)),
    "el": ("GREEK",),
    "he": ("HEBREW",),
    "th": ("THAI",),
    "bn": ("BENGALI",),
    "ta": ("TAMIL",),
    "te": ("TELUGU",),
    "ka": ("GEORGIAN",),
    "hy": ("ARMENIAN",),
}
"""The scripts of languages that are not written in Latin letters, as Unicode names them."""

ENGLISH = frozenset(
    """
    the of and are what how many which that with from each if then there this does were when where its their they she
    his than these such compute evaluate calculate solve simplify write given using following number between into
    """.split()
)
"""Words that hardly another language has: no `is`, `in` or `for`, which are also Dutch, German or Danish."""
MIN_ENGLISH_SHARE = 0.12
"""Of the words of a text that are letters only. Of 7,236 problems in 12 other languages (MGSM, MMATH, and others) none
but two has even two such words, and these two are formulas with `\\text{if}`."""
MIN_SCRIPT_SHARE = 0.8
"""The share of letters in one script below which a text is mixed."""
MIN_SCRIPT_LETTERS, MIN_PROSE_LETTERS = 4, 40
"""Letters that tell a language which has its script alone, and one which shares it."""
MIN_CHANCE = 0.7
"""That each half of a text is in its language, where the identification must be certain."""

_NOT_PROSE = re.compile(r"```[^`]*+(?:``?[^`]++)*+```|\$[^$]*\$|\\[()\[\]]|\\[A-Za-z]+|[\d_^{}=+*/<>|&#]+")
_WORD = re.compile(r"[^\W\d_]{2,}")
_HAN = r"\u3400-\u9fff"
_COUNTED = re.compile(rf"[{_HAN}]{{1,2}}|[^\W\d_{_HAN}]{{2,}}")
"""A word; in Chinese, which has no spaces, two characters."""
_FOREIGN = re.compile(r"(?![\u0370-\u03ff\u2100-\u214f\U0001d400-\U0001d7ff])[^\W\d_\u0000-\u024f]")
"""A letter that is neither Latin nor, as Greek ones and those of mathematics, usual in formulas."""
_KANA = re.compile(r"[\u3040-\u30ff]")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")


def other_language(text: str, wanted: str) -> str | None:
    """The language (ISO 639-1) of a text that is certainly not in the wanted one; None where it may be.

    Formulas and code are left out first. Decided by py3langid's model, which is small and deterministic, unless the
    text is English by its small words, as most are: that takes a thirtieth of the time.
    """
    if wanted == "en" and _is_english(text):
        return None
    words = _WORD.findall(_NOT_PROSE.sub(" ", text))
    if not words or (len(words) < MIN_WORDS and all(map(str.isascii, words))):
        return None
    chances = dict(_identifier().rank(" ".join(words)))
    return str(max(chances, key=chances.__getitem__)) if chances.get(wanted, 0.0) < MAX_CHANCE else None


def sure_language(text: str) -> str | None:
    """The language (ISO 639-1) of a text where it is certain; None for formulas, a few words, or a mixture.

    English is known by its small words, and a language that has a script alone by its letters: some microseconds.
    Others are asked of py3langid's model, which is believed where it says the same of both halves: 0.2 ms.
    """
    if _is_english(text):
        return "en"
    prose = _NOT_PROSE.sub(" ", text)
    words = _COUNTED.findall(prose)
    scripts = Counter(map(_script, "".join(words)))
    num_letters = scripts.total()
    if num_letters < MIN_SCRIPT_LETTERS:
        return None
    usual, num_usual = scripts.most_common(1)[0]
    if usual in {"CJK", "HIRAGANA", "KATAKANA"}:
        return _chinese_or_japanese(scripts, len(_KANA.findall(prose)))
    if num_usual < MIN_SCRIPT_SHARE * num_letters:
        return None
    languages = [language for language, own in SCRIPTS.items() if own[0] == usual]
    if len(languages) == 1:
        return languages[0]
    return _agreed(words) if num_letters >= MIN_PROSE_LETTERS else None


def identify(text: str) -> str:
    """The most likely language as an ISO 639-1 code. Texts of fewer than some fifty letters are often misjudged."""
    return str(_identifier().classify(text)[0])


def prompt_language(text: str) -> str:
    """The language to answer in. A text too short to identify has the first language of its script: Latin, English."""
    letters = [letter for word in _COUNTED.findall(_NOT_PROSE.sub(" ", text)) for letter in word]
    if len(letters) >= MIN_LETTERS:
        return identify(text)
    scripts = [_script(letter) for letter in letters]
    if any(script in {"HIRAGANA", "KATAKANA"} for script in scripts):
        return "ja"
    usual = max(sorted(set(scripts)), key=scripts.count, default="LATIN")
    return next((language for language, own in SCRIPTS.items() if own[0] == usual), "en")


def share_in(text: str, wanted: str) -> float | None:
    """The share of a text's words that are in the wanted language; None for a text without words.

    DeepSeek-R1's language-consistency reward (arXiv 2501.12948 v2, B.2) is this share of the reasoning's words; how
    they were told apart is not published. Here a word counts where its script is one of the language's, and its
    sentence is not certainly in another language. Formulas and code are left out.
    """
    num_words = num_wanted = 0
    for sentence in _SENTENCE_END.split(_NOT_PROSE.sub(" ", text)):
        words = _COUNTED.findall(sentence)
        own = [word for word in words if _script(word[0]) in SCRIPTS.get(wanted, ("LATIN",))]
        num_words += len(words)
        num_wanted += 0 if other_language(" ".join(own), wanted) else len(own)
    return num_wanted / num_words if num_words else None


def _is_english(text: str) -> bool:
    """Whether a text is certainly English, going by words that hardly another language has."""
    words = text.lower().split()
    num_english = sum(map(ENGLISH.__contains__, words))
    if num_english < 2 or num_english < MIN_ENGLISH_SHARE * sum(map(str.isalpha, words)):
        return False
    return text.isascii() or len(_FOREIGN.findall(text)) <= num_english


def _chinese_or_japanese(scripts: Counter[str], num_kana: int) -> str | None:
    """Chinese has no kana; Japanese, but for a few words, is a tenth or more."""
    num_letters = scripts.total()
    if scripts["CJK"] + scripts["HIRAGANA"] + scripts["KATAKANA"] < MIN_SCRIPT_SHARE * num_letters:
        return None
    if num_kana == 0:
        return "zh"
    return "ja" if num_kana >= num_letters / 10 else None


def _agreed(words: list[str]) -> str | None:
    """The language of both halves of a text, where each is likely and they are the same."""
    half = len(words) // 2
    (first, chance), (second, other) = (_identifier().classify(" ".join(part)) for part in (words[:half], words[half:]))
    return str(first) if first == second and len(first) == 2 and min(chance, other) >= MIN_CHANCE else None


@functools.cache
def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


@functools.cache
def _identifier() -> "LanguageIdentifier":
    """The model, loaded once a process."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
