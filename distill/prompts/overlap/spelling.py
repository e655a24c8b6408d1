"""Tokens as they stand in texts ─▶ numbers that are equal for tokens of one meaning, and say of what kind they are."""

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from distill.prompts.overlap.chunk import Ids, Places, mixed
from distill.prompts.overlap.vocabulary import (
    COMMANDS,
    FRAMING_WORDS,
    FUNCTIONS,
    GREEK,
    LAYOUT,
    N_COMMANDS,
    NUMBER_WORDS,
    SAME_WORD,
)

KIND_BITS = 4
MAX_NAME_LETTERS = 4
"""`AB`, `PQR`: names of points, lines and figures are renamed like unknowns."""
NUM_SLOTS, MAX_KNOWN = 2**18, 2**20
"""Spellings that are remembered; a language uses some ten thousands."""
_FIRST_BYTES = np.array([2 ** (8 * number) - 1 for number in range(9)], np.uint64)
"""What leaves so many bytes of eight."""


class Kind(IntEnum):
    """What a token may be. Those up to `FUNCTION` belong to formulas."""

    UNKNOWN = 1
    """A letter that can be renamed."""
    SIGN = 2
    NUMBER = 3
    FUNCTION = 4
    FRAMING = 5
    """A word that only frames a task."""
    SHORT = 6
    """A word that may name points; the bits above the kind say which letters it has."""
    WORD = 7


def kinds(ids: Ids) -> npt.NDArray[np.uint8]:
    """The kind of each token."""
    return ids.astype(np.uint8) & np.uint8(2**KIND_BITS - 1)


def letters(ids: Ids) -> npt.NDArray[np.uint32]:
    """Of tokens that are `SHORT`: a bit for each letter of the alphabet."""
    return (ids >> np.uint64(KIND_BITS)).astype(np.uint32) & np.uint32(2**26 - 1)


def hashes(text: bytes, begins: Places, lengths: Places) -> Ids:
    """A number for each token, of its bytes; `text` has eight more behind the last one."""
    loads: Ids = np.ndarray((len(text) - 7,), "<u8", text, strides=(1,))
    found = mixed((loads[begins] & _FIRST_BYTES[np.minimum(lengths, 8)]) + lengths.astype(np.uint64))
    for done in range(8, int(lengths.max(initial=0)), 8):
        longer = np.flatnonzero(lengths > done)
        more = loads[begins[longer] + done] & _FIRST_BYTES[np.minimum(lengths[longer] - done, 8)]
        found[longer] = mixed(found[longer] ^ mixed(more + np.uint64(done)))
    return found


def plain_numbers(hashed: Ids) -> Ids:
    """The ids of numbers that have one spelling only, given their hashes."""
    return (hashed >> np.uint64(KIND_BITS) << np.uint64(KIND_BITS)) | np.uint64(Kind.NUMBER)


class Spellings:
    """Remembers the ids of tokens by their hashes: the same tokens come back in every text.

    Looking up many tokens at once costs nanoseconds each in a table where those whose hashes end alike push each other
    out; a dictionary has all of them.
    """

    def __init__(self) -> None:
        self._hashes = np.zeros(NUM_SLOTS, np.uint64)
        self._ids = np.zeros(NUM_SLOTS, np.uint64)
        self._known: dict[int, int] = {}

    def ids(self, hashed: Ids, text: bytes, begins: Places, ends: Places) -> Ids:
        """The ids of tokens; 0 for those that say nothing."""
        slots = (hashed & np.uint64(NUM_SLOTS - 1)).astype(np.int64)
        found = self._ids[slots]
        missing = np.flatnonzero(self._hashes[slots] != hashed)
        if len(missing):
            _, firsts, same = np.unique(hashed[missing], return_index=True, return_inverse=True)
            places = missing[firsts]
            self._learn(hashed[places], text, begins[places], ends[places])
            new = np.array([self._known[each] for each in hashed[places].tolist()], np.uint64)
            found[missing] = new[same]
            self._hashes[slots[places]], self._ids[slots[places]] = hashed[places], new
        return found

    def _learn(self, hashed: Ids, text: bytes, begins: Places, ends: Places) -> None:
        """Spell those of these tokens that are not known."""
        if len(self._known) > MAX_KNOWN:
            self._known.clear()
        spans = zip(hashed.tolist(), begins.tolist(), ends.tolist(), strict=True)
        unknown = {each: text[begin:end].decode() for each, begin, end in spans if each not in self._known}
        ids = identities([spelled(token) for token in unknown.values()])
        self._known |= zip(unknown, ids.tolist(), strict=True)


def identities(words: Sequence[str]) -> Ids:
    """The ids of tokens in their one spelling; 0 for empty ones."""
    spelled = [word.encode() for word in words]
    lengths = np.array([len(word) for word in spelled], np.int64)
    tails = np.array([_tail(word) for word in words], np.uint64)
    is_short = tails & np.uint64(2**KIND_BITS - 1) == Kind.SHORT
    num_bits = np.where(is_short, np.uint64(KIND_BITS + 26), np.uint64(KIND_BITS))
    hashed = hashes(b"".join(spelled) + bytes(8), np.cumsum(lengths) - lengths, lengths)
    ids = (hashed >> num_bits << num_bits) | tails
    return np.where(tails == 0, np.uint64(0), ids)


def spelled(token: str) -> str:
    """The one spelling of a token; empty for what is left out."""
    if token.startswith("\\"):
        name = token[1:]
        if name[:1] == "n" and name not in N_COMMANDS:  # a line end, written out before a word
            name = name[1:]
        token = "" if name in LAYOUT else COMMANDS.get(name, name)
    if token[-1:].isdigit():
        return _number(token)
    return SAME_WORD.get(token, token) if len(token) <= 1 else _word(token)


def _number(token: str) -> str:
    """One spelling a number: `1,000`, `1000.0` and `01000` are `1000`."""
    token = token.replace(",", "")
    if "." in token:
        token = token.rstrip("0").rstrip(".")
    return token.lstrip("0") or "0"


def _word(token: str) -> str:
    """One spelling a word: no plural, digits for small number words."""
    if len(token) > 3 and token[-1] == "s" and token[-2] not in "sui":
        token = token[:-1]
    token = NUMBER_WORDS.get(token, token)
    return SAME_WORD.get(token, token)


def _tail(word: str) -> int:
    """The last bits of a token's id: its kind, and the letters of a short word."""
    kind = _kind(word)
    if kind is Kind.SHORT:
        return kind | sum(1 << (ord(letter) - ord("a")) for letter in set(word)) << KIND_BITS
    return int(kind) if kind else 0


def _kind(word: str) -> Kind | None:
    if not word:
        return None
    if (len(word) == 1 and word.isascii() and word.isalpha()) or word in GREEK:
        return Kind.UNKNOWN
    if word in FRAMING:
        return Kind.FRAMING
    if not word[-1].isalnum():
        return Kind.SIGN
    if word[-1].isdigit():
        return Kind.NUMBER
    if word in FUNCTIONS:
        return Kind.FUNCTION
    could_name = 2 <= len(word) <= MAX_NAME_LETTERS and word.isascii() and word.isalpha() and word.islower()
    return Kind.SHORT if could_name else Kind.WORD


FRAMING = frozenset(map(spelled, FRAMING_WORDS))
