"""Which keys were seen: 64 bits each, so that millions fit."""

from array import array

_FIRST_SLOTS = 1024


class Seen:
    """A set of keys below 2**64, at 16 to 32 bytes each, where Python's own takes about 100."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _FIRST_SLOTS))
        self._num_keys = 0

    def __len__(self) -> int:
        return self._num_keys

    def add(self, key: int) -> bool:
        """Remember a key; False if it was known."""
        key = key or 1  # 0 is an empty slot
        slot = self._slot(key)
        if self._slots[slot] == key:
            return False
        self._slots[slot] = key
        self._num_keys += 1
        if 2 * self._num_keys > len(self._slots):
            self._grow()
        return True

    def _slot(self, key: int) -> int:
        slot = key % len(self._slots)
        while self._slots[slot] not in (0, key):
            slot = (slot + 1) % len(self._slots)
        return slot

    def _grow(self) -> None:
        keys = self._slots
        self._slots = array("Q", bytes(2 * 8 * len(keys)))
        for key in keys:
            if key:
                self._slots[self._slot(key)] = key
