"""What people call a language ─▶ its ISO 639-1 code. Pure."""

import functools
import re

_TABLE = """
aa aar: Afar; ab abk: Abkhazian, Abkhaz; ae ave: Avestan; af afr: Afrikaans; ak aka: Akan; am amh:
Amharic; an arg: Aragonese; ar ara arb: Arabic, العربية; as asm: Assamese; av ava: Avaric; ay aym:
Aymara; az aze: Azerbaijani; ba bak: Bashkir; be bel: Belarusian; bg bul: Bulgarian, Български; bi
bis: Bislama; bm bam: Bambara; bn ben: Bengali, Bangla, বাংলা; bo bod tib: Tibetan; br bre: Breton;
bs bos: Bosnian; ca cat: Catalan, Valencian; ce che: Chechen; ch cha: Chamorro; co cos: Corsican; cr
cre: Cree; cs ces cze: Czech, Čeština; cu chu: Church Slavic; cv chv: Chuvash; cy cym wel: Welsh; da
dan: Danish, Dansk; de deu ger: German, Deutsch; dv div: Divehi, Dhivehi; dz dzo: Dzongkha; ee ewe:
Ewe; el ell gre: Greek, Ελληνικά; en eng: English; eo epo: Esperanto; es spa: Spanish, Castilian,
Español; et est ekk: Estonian; eu eus baq: Basque; fa fas per pes: Persian, Farsi, فارسی; ff ful:
Fulah, Fula; fi fin: Finnish, Suomi; fj fij: Fijian; fo fao: Faroese; fr fra fre: French, Français;
fy fry: Western Frisian, Frisian; ga gle: Irish; gd gla: Scottish Gaelic, Gaelic; gl glg: Galician;
gn grn: Guarani; gu guj: Gujarati; gv glv: Manx; ha hau: Hausa; he heb: Hebrew, עברית; hi hin:
Hindi, हिन्दी; ho hmo: Hiri Motu; hr hrv: Croatian, Hrvatski; ht hat: Haitian, Haitian Creole; hu
hun: Hungarian, Magyar; hy hye arm: Armenian; hz her: Herero; ia ina: Interlingua; id ind:
Indonesian, Bahasa Indonesia; ie ile: Interlingue; ig ibo: Igbo; ii iii: Sichuan Yi; ik ipk:
Inupiaq; io ido: Ido; is isl ice: Icelandic; it ita: Italian, Italiano; iu iku: Inuktitut; ja jpn:
Japanese, 日本語; jv jav: Javanese; ka kat geo: Georgian; kg kon: Kongo; ki kik: Kikuyu; kj kua:
Kuanyama; kk kaz: Kazakh; kl kal: Kalaallisut, Greenlandic; km khm: Khmer; kn kan: Kannada; ko kor:
Korean, 한국어; kr kau: Kanuri; ks kas: Kashmiri; ku kur kmr: Kurdish; kv kom: Komi; kw cor: Cornish;
ky kir: Kyrgyz, Kirghiz; la lat: Latin; lb ltz: Luxembourgish; lg lug: Ganda, Luganda; li lim:
Limburgish; ln lin: Lingala; lo lao: Lao; lt lit: Lithuanian; lu lub: Luba-Katanga; lv lav lvs:
Latvian; mg mlg plt: Malagasy; mh mah: Marshallese; mi mri mao: Maori; mk mkd mac: Macedonian; ml
mal: Malayalam; mn mon khk: Mongolian; mr mar: Marathi; ms msa may zsm: Malay; mt mlt: Maltese; my
mya bur: Burmese; na nau: Nauru; nb nob: Norwegian Bokmål, Bokmål; nd nde: North Ndebele; ne nep
npi: Nepali; ng ndo: Ndonga; nl nld dut: Dutch, Flemish, Nederlands; nn nno: Norwegian Nynorsk,
Nynorsk; no nor: Norwegian, Norsk; nr nbl: South Ndebele; nv nav: Navajo; ny nya: Nyanja, Chichewa;
oc oci: Occitan; oj oji: Ojibwa; om orm gaz: Oromo; or ori ory: Oriya, Odia; os oss: Ossetian; pa
pan: Punjabi, Panjabi; pi pli: Pali; pl pol: Polish, Polski; ps pus pbt: Pashto; pt por: Portuguese,
Português; qu que: Quechua; rm roh: Romansh; rn run: Rundi; ro ron rum: Romanian, Română; ru rus:
Russian, Русский; rw kin: Kinyarwanda; sa san: Sanskrit; sc srd: Sardinian; sd snd: Sindhi; se sme:
Northern Sami; sg sag: Sango; si sin: Sinhala, Sinhalese; sk slk slo: Slovak; sl slv: Slovenian; sm
smo: Samoan; sn sna: Shona; so som: Somali; sq sqi alb als: Albanian; sr srp: Serbian; ss ssw:
Swati; st sot: Southern Sotho, Sesotho; su sun: Sundanese; sv swe: Swedish, Svenska; sw swa swh:
Swahili, Kiswahili; ta tam: Tamil, தமிழ்; te tel: Telugu, తెలుగు; tg tgk: Tajik; th tha: Thai, ไทย,
ภาษาไทย; ti tir: Tigrinya; tk tuk: Turkmen; tl tgl: Tagalog; tn tsn: Tswana; to ton: Tonga, Tongan;
tr tur: Turkish, Türkçe; ts tso: Tsonga; tt tat: Tatar; tw twi: Twi; ty tah: Tahitian; ug uig:
Uyghur, Uighur; uk ukr: Ukrainian, Українська; ur urd: Urdu, اردو; uz uzb uzn: Uzbek; ve ven: Venda;
vi vie: Vietnamese, Tiếng Việt; vo vol: Volapük; wa wln: Walloon; wo wol: Wolof; xh xho: Xhosa; yi
yid ydd: Yiddish; yo yor: Yoruba; za zha: Zhuang; zh zho chi cmn: Chinese, Mandarin, Mandarin
Chinese, 中文, 汉语, 漢語, 简体中文, 繁體中文; zu zul: Zulu
"""
"""ISO 639-1 code, ISO 639-2 and 639-3 codes: names, of large languages also the one that they have for themselves."""

_VARIANT = re.compile(r"\([^()]*\)|\b(?:simplified|traditional|standard|modern|brazilian|european|american|british)\b")
_REGION = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{2,8}){1,3}")


@functools.lru_cache
def language_code(name: str) -> str | None:
    """The ISO 639-1 code of a language by its name or by any code; None for what is none, as Python is.

    >>> [language_code(name) for name in ("English", "zh-CN", "en_US", "deu_Latn", "Chinese (simplified)", "Python")]
    ['en', 'zh', 'en', 'de', 'zh', None]
    """
    text = " ".join(_VARIANT.sub(" ", name.casefold()).split())
    region = _REGION.fullmatch(text)
    return _codes().get(region[1] if region else text)


@functools.cache
def _codes() -> dict[str, str]:
    """Every code and name, in small letters ─▶ the ISO 639-1 code."""
    found: dict[str, str] = {}
    for entry in " ".join(_TABLE.split()).split("; "):
        codes, _, names = entry.partition(": ")
        for word in (*codes.split(), *names.split(", ")):
            found.setdefault(word.casefold(), codes[:2])
    return found
