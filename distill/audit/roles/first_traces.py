"""The first rows of a dataset of traces, by column: what is said there, and whether it has marks of reasoning."""

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean

from distill import reasoning
from distill.audit.roles.said import Spoken, has_several, inner_paths, said
from distill.prompts.final_answer import is_answer
from distill.prompts.sources.evidence import are_turns
from distill.prompts.sources.first_rows import FirstRows, words
from distill.prompts.sources.forms import MAX_NAME_CHARS
from distill.prompts.turns import last_turn
from distill.rows.parse import Row

NUM_OPENED = 20
"""Rows whose JSON text and conversations are looked into for names."""
NUM_READ = 60
"""Rows whose texts are looked at."""
MOST = 0.5


class FirstTraces:
    """Rows of one dataset, by column; conversations and JSON text have columns as structs do."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = FirstRows(rows)
        inner = (path for row in rows[:NUM_OPENED] for path in inner_paths(row))
        self.rows.columns = [path for path in dict.fromkeys((*self.rows.columns, *inner)) if _is_named(path)]
        self._said: dict[str, list[list[Spoken]]] = {}

    @property
    def columns(self) -> list[str]:
        """All of them, as paths."""
        return self.rows.columns

    def values(self, column: str) -> list[object]:
        """What stands in a column, without empty cells."""
        return [value for value in self.rows.values(column) if value is not None]

    def said(self, column: str) -> list[list[Spoken]]:
        """The texts of a column, row by row; nothing for a row where nobody says anything."""
        if column not in self._said:
            self._said[column] = [[one for one in said(value) if one.text.strip() or one.reasoning]
                                  for value in self.rows.values(column)[:NUM_READ]]  # fmt: skip
        return self._said[column]

    def texts(self, column: str) -> list[str]:
        """All texts of a column."""
        return [one.text for cell in self.said(column) for one in cell]

    def speaks(self, column: str) -> bool:
        """Whether a model may have written what stands in most cells: texts, and in a conversation a reply."""
        values = self.values(column)[:NUM_READ]
        return bool(values) and sum(map(bool, self.said(column))) > MOST * len(values)

    def is_conversation(self, column: str) -> bool:
        """Whether its cells are conversations in which somebody replies."""
        values = self.values(column)
        return bool(values) and are_turns(values[0]) and any(map(_is_replied, values))

    def is_unpacked(self, column: str) -> bool:
        """Whether a column lies inside of JSON text: what is packed so tells about a trace."""
        root = column.partition(".")[0]
        return root != column and any(isinstance(value, str) for value in self.values(root)[:NUM_OPENED])

    def has_several(self, column: str) -> bool:
        """Whether some cell is a list of texts."""
        return any(map(has_several, self.values(column)[:NUM_READ]))

    def is_tagged(self, column: str) -> bool:
        """Whether most of its texts mark their reasoning, or have it in a field of its own."""
        cells = [one for cell in self.said(column) for one in cell]
        num = sum(one.reasoning is not None or _is_marked(one.text) for one in cells)
        return bool(cells) and num > MOST * len(cells)

    def num_chars(self, column: str) -> float:
        """The mean length of its texts."""
        texts = self.texts(column)
        return fmean(map(len, texts)) if texts else 0.0

    def is_answered(self, column: str) -> bool:
        """Whether most of its texts mark a final answer."""
        texts = self.texts(column)
        return bool(texts) and sum(map(is_answer, texts)) > MOST * len(texts)

    def repeats(self, column: str, trace: str) -> bool:
        """Whether a column holds the texts of another, or parts of them, in most of its rows."""
        pairs = zip(self.said(column), self.said(trace), strict=True)
        held = [any(one[0].text.strip() in whole.text for whole in other) for one, other in pairs if one and other]
        return bool(held) and sum(held) > MOST * len(held)

    def named(self, names: Iterable[str], fits: Callable[[object], bool]) -> list[str]:
        """The columns with one of these names whose values all fit, in the order of the names; shallow ones first."""
        found = [column for name in names for column in self.columns if "".join(words(column)) == name]
        kept = [column for column in found if (values := self.values(column)) and all(map(fits, values))]
        return sorted(kept, key=lambda column: column.count("."))


def _is_named(path: str) -> bool:
    """Whether its parts are names: keys of other objects are texts themselves."""
    return all(len(part) <= MAX_NAME_CHARS for part in path.split("."))


def _is_replied(value: object) -> bool:
    return isinstance(value, list | tuple) and last_turn(value, "assistant") is not None


def _is_marked(text: str) -> bool:
    return reasoning.split(text).reasoning is not None
