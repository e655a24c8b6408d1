"""Text of unknown encoding, from a program or about one, as text that any file and any terminal takes."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
SHOWN = 2000
"""How many characters of a text a page can show."""


def clean(data: bytes | str, limit: int = SHOWN) -> str:
    r"""At most `limit` characters of `data`: what is not UTF-8, lone surrogates and control characters as escapes.

    >>> clean(b"a\xff\0"), clean("\ud800", 10), clean("long", 2)
    ('a\\xff\\x00', '\\ud800', 'lo…')
    """
    if isinstance(data, bytes):
        text = data[: 4 * limit + 4].decode(errors="backslashreplace")
    else:
        text = data[: limit + 1].encode(errors="backslashreplace").decode()
    is_cut = len(text) > limit
    text = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text[:limit])
    return f"{text}…" if is_cut else text
