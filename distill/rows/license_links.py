"""Where the texts of licences are, by the Hub's identifiers. Pure."""

import re

_CC = re.compile(r"cc-(by(?:-nc)?(?:-nd|-sa)?)-(\d\.\d)")
_SPDX = (
    "Apache-2.0 MIT BSD-2-Clause BSD-3-Clause BSD-3-Clause-Clear AFL-3.0 Artistic-2.0 BSL-1.0 EPL-1.0 EPL-2.0 EUPL-1.1 "
    "EUPL-1.2 ISC MPL-2.0 MS-PL NCSA OFL-1.1 OSL-3.0 Unlicense WTFPL Zlib CDLA-Permissive-1.0 CDLA-Permissive-2.0 "
    "CDLA-Sharing-1.0 C-UDA-1.0 ECL-2.0 PostgreSQL LPPL-1.3c"
).split()
_ELSEWHERE = {
    "cc0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "odc-by": "https://opendatacommons.org/licenses/by/1-0/",
    "odbl": "https://opendatacommons.org/licenses/odbl/1-0/",
    "pddl": "https://opendatacommons.org/licenses/pddl/1-0/",
    "agpl-3.0": "https://www.gnu.org/licenses/agpl-3.0.html",
    "gpl-2.0": "https://www.gnu.org/licenses/old-licenses/gpl-2.0.html",
    "gpl-3.0": "https://www.gnu.org/licenses/gpl-3.0.html",
    "lgpl-2.1": "https://www.gnu.org/licenses/old-licenses/lgpl-2.1.html",
    "lgpl-3.0": "https://www.gnu.org/licenses/lgpl-3.0.html",
    "gemma": "https://ai.google.dev/gemma/terms",
    **{name.lower(): f"https://spdx.org/licenses/{name}.html" for name in _SPDX},
}
"""SPDX's page where the licence's makers have none of their own."""


def license_link(name: str) -> str | None:
    """The address of a licence's text; None where it is not known here.

    >>> license_link("cc-by-nc-sa-4.0"), license_link("my own")
    ('https://creativecommons.org/licenses/by-nc-sa/4.0/', None)
    """
    if name.startswith(("https://", "http://")) and " " not in name:
        return name
    creative = _CC.fullmatch(name)
    if creative is not None:
        return f"https://creativecommons.org/licenses/{creative[1]}/{creative[2]}/"
    return _ELSEWHERE.get(name.lower())
