"""Answers in labelled parts: `(a) 3, (b) 8`."""

import re

_LABEL = re.compile(r"(?<![^\s,;])\(([a-h])\) ?")
_MIN_PARTS = 2


def parts(text: str) -> tuple[str, ...]:
    """The values behind `(a)`, `(b)`, … in their order; () where the letters are no such labels."""
    labels = list(_LABEL.finditer(text))
    letters = "".join(label[1] for label in labels)
    if len(labels) < _MIN_PARTS or not "abcdefgh".startswith(letters) or labels[0].start() != 0:
        return ()
    ends = [*(label.start() for label in labels[1:]), len(text)]
    found = tuple(text[label.end() : end].strip(" ,;").rstrip(".") for label, end in zip(labels, ends, strict=True))
    return found if all(found) else ()
