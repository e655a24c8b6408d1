"""What people call a licence ─▶ the identifier that the Hugging Face Hub has for it. Pure."""

import functools
import re

HUB_LICENSES = frozenset(
    """
    apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0 bigcode-openrail-m
    afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear c-uda cc cc0-1.0 cc-by-2.0 cc-by-2.5
    cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0
    cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0
    cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0
    lgpl lgpl-2.1 lgpl-3.0 isc h-research intel-research lppl-1.3c ms-pl apple-ascl apple-amlr mpl-2.0 odc-by odbl
    openmdw-1.0 openmdw-1.1 openrail++ osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib pddl lgpl-lr deepfloyd-if-license
    fair-noncommercial-research-license llama2 llama3 llama3.1 llama3.2 llama3.3 llama4 grok2-community gemma
    """.split()
)
"""The Hub's list (huggingface.co/docs/hub/repositories-licenses), without `unknown` and `other`, which name none."""

_UNSTATED = frozenset({"", "unknown", "other", "none", "null", "n/a", "na", "not-stated", "unlicensed", "no-license"})
_LINK = re.compile(r"https?://(?:www\.)?creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)/([\d.]+)(?:/.*)?")
_WORDS = (
    ("creative commons", "cc"), ("attribution", "by"), ("non commercial", "nc"), ("noncommercial", "nc"),
    ("share alike", "sa"), ("sharealike", "sa"), ("no derivatives", "nd"), ("noderivatives", "nd"),
    ("noderivs", "nd"), ("gnu general public", "gpl"), ("gnu lesser general public", "lgpl"),
    ("gnu affero general public", "agpl"), ("mozilla public", "mpl"), ("open data commons", "odc"),
)  # fmt: skip
_SAYS_NOTHING = re.compile(
    r"\([^()]*\)|\b(?:the|licen[cs]e|version|public|international|unported|generic|universal|deed|domain dedication)\b"
)
_SEPARATOR = re.compile(r"[-_,\"]")
_VERSION = re.compile(r"\bv(?=\d)")
_LATER = re.compile(r"-(?:only|or-later)$")
_OTHER_NAMES = {
    "apache": "apache-2.0", "apache2": "apache-2.0", "apache-2": "apache-2.0", "cc0": "cc0-1.0", "cc-0": "cc0-1.0",
    "cc-zero": "cc0-1.0", "cc-zero-1.0": "cc0-1.0", "zero-1.0": "cc0-1.0", "odc-by-1.0": "odc-by", "odbl-1.0": "odbl",
    "pddl-1.0": "pddl", "gpl-3": "gpl-3.0", "gpl-2": "gpl-2.0", "gplv3": "gpl-3.0", "gplv2": "gpl-2.0",
    "lgpl-3": "lgpl-3.0", "agpl-3": "agpl-3.0", "expat": "mit", "bsd-3": "bsd-3-clause", "bsd-2": "bsd-2-clause",
}  # fmt: skip


@functools.lru_cache
def license_id(name: str) -> str | None:
    """The Hub's identifier where the Hub has one, else the text as it stands; None where it names no licence.

    A licence without its version stays as it is, for it is not known which one is meant.

    >>> [license_id(name) for name in ("Apache License 2.0", "CC BY-SA 4.0", "GPL-3.0-or-later", "my own", "unknown")]
    ['apache-2.0', 'cc-by-sa-4.0', 'gpl-3.0', 'my own', None]
    """
    text = " ".join(name.lower().split())
    link = _LINK.fullmatch(text)
    word = f"cc-{link[1]}-{link[2]}" if link else _LATER.sub("", _spelled(text))
    word = _OTHER_NAMES.get(word, word)
    if word in HUB_LICENSES:
        return word
    return None if word in _UNSTATED or text in _UNSTATED else " ".join(name.split())


def _spelled(text: str) -> str:
    """Words joined by hyphens, the usual long names cut short: `creative commons attribution 4.0` ─▶ `cc-by-4.0`."""
    text = " ".join(_SEPARATOR.sub(" ", text).split())
    for long, short in _WORDS:
        text = text.replace(long, short)
    return "-".join(_VERSION.sub("", _SAYS_NOTHING.sub(" ", text)).split())
