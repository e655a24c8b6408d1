"""Languages in Latin letters by their smallest words, which a paragraph has whether or not it has accents. Pure.

Only words that English, formulas and code hardly have stand here: no German `die`, no French `on`, no Spanish `sin`.
"""

MIN_WORDS, MIN_SHARE = 4, 0.15
"""In a paragraph: so many small words of one language, and of all its words such a share. Of running text in these
languages they are some 30 %."""
MIN_DIFFERENT = 4
"""In a whole text; one that has fewer different ones of each language is English, as far as this tells."""
SMALL_WORDS = {
    language: frozenset(words.split())
    for language, words in {
        "de": "und der das dem den ist nicht wir ich sich ein eine einen einer mit von zu zum auf dass oder aber wenn "
        "dann auch noch nur sind wird kann muss wie durch diese dieser dieses alles nach bei aus haben also jetzt",
        "fr": "le les des est une et que qui dans pour nous avec mais sur pas cette ce ces donc sont ou il elle ne "
        "plus tout aussi comme alors peut doit puis quand par du au aux je c'est l'on",
        "es": "el los las es una que por para con lo pero como del esta este esto se su muy al y si ya hay puede debe "
        "tiene entonces cuando porque donde cada todo",
        "pt": "os um uma que por para com mas como da dos das esta este isto se seu ao e muito tem pode deve porque "
        "quando cada tudo ou em na nos pelo pela",
        "it": "il lo gli una che per con ma come della del dei delle questa questo si anche sono essere quindi non di "
        "dal nel nella perché ogni tutto può deve ed",
        "nl": "het een en van niet wij ik zich met voor op dat maar als dan ook nog zijn wordt kan moet hoe deze dit "
        "naar bij uit hebben dus nu geen worden",
        "sv": "och att det som en ett är inte jag vi med på av men om då också bara kan måste hur denna detta från "
        "till har nu alla",
        "pl": "i nie na jest to się że ale jak po od do za co dla tak czy tylko oraz więc przez ten ta tego tym może "
        "musi teraz",
        "tr": "ve bir bu için ile de da ama gibi daha çok olan olarak ne kadar sonra her şimdi değil ise",
        "id": "dan yang di dari untuk dengan ini itu adalah tidak akan pada juga atau kita saya karena jika maka "
        "setiap semua bisa harus",
    }.items()
}
_ALL = frozenset().union(*SMALL_WORDS.values())


def has_small_words(text: str) -> bool:
    """Whether a text has several different small words of one language other than English."""
    known = _ALL.intersection(text.split())
    return len(known) >= MIN_DIFFERENT and any(len(known & words) >= MIN_DIFFERENT for words in SMALL_WORDS.values())


def small_word_language(paragraph: str) -> str | None:
    """The language whose small words a paragraph has most of; None where these are few, or two have as many."""
    words = [word.strip(".,;:!?()") for word in paragraph.lower().split()]
    words = [word for word in words if word.isalpha() or "'" in word]
    nums = {language: sum(map(small.__contains__, words)) for language, small in SMALL_WORDS.items()}
    (num, language), (next_num, _) = sorted(((num, name) for name, num in nums.items()), reverse=True)[:2]
    return language if num > next_num and num >= max(MIN_WORDS, MIN_SHARE * len(words)) else None
