"""The run folder, which holds everything of one execution; a killed process loses nothing that was stored there."""

from distill.store.folder import RunFolder
from distill.store.keys import Keys
from distill.store.lookup import PromptLookup, RowLookup
from distill.store.table import Repair, Table

__all__ = ["Keys", "PromptLookup", "Repair", "RowLookup", "RunFolder", "Table"]
