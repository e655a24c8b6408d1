"""The run folder: what everything of one execution is kept in, and picked up from after any kind of death."""

from distill.store.folder import RunFolder
from distill.store.lookup import PromptLookup, RowLookup
from distill.store.table import Keys, Repair, Table

__all__ = ["Keys", "PromptLookup", "Repair", "RowLookup", "RunFolder", "Table"]
