"""The keys of a table: which rows are there, without the rows."""


class Keys:
    """The indices seen of each id, as a bit mask, so that millions of keys fit in memory."""

    def __init__(self) -> None:
        self._masks: dict[str, int] = {}
        self._num_keys = 0

    def add(self, row_id: str, index: int) -> bool:
        """Remember a key; False if it was known."""
        mask = self._masks.get(row_id, 0)
        if mask >> index & 1:
            return False
        self._masks[row_id] = mask | 1 << index
        self._num_keys += 1
        return True

    def indices(self, row_id: str) -> set[int]:
        """The indices seen of one id."""
        mask = self._masks.get(row_id, 0)
        return {index for index in range(mask.bit_length()) if mask >> index & 1}

    def __contains__(self, key: tuple[str, int]) -> bool:
        return bool(self._masks.get(key[0], 0) >> key[1] & 1)

    def __len__(self) -> int:
        return self._num_keys
