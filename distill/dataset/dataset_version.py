"""A dataset's rows as those of a version: what its columns are, by their names, and their digests."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.types as of

from distill.dataset.candidates import Draws, Small, mix
from distill.dataset.comparing import UNKNOWN, Floats, VersionRows, WordColumn
from distill.dataset.digests import digests, row_digests, turn_digests
from distill.dataset.pool import Vocabulary
from distill.dataset.version_files import VersionFiles
from distill.errors import InputError
from distill.prompts.sources import names
from distill.prompts.sources.first_rows import words

_Number = TypeVar("_Number", bound=np.generic)
_REFERENCES = ("reference", "answer")
_RATES = ("probe_pass_rate", "pass_rate")
"""A dataset that has no rate of the probes apart has it as its pass rate."""
_PLACE = ("run", "id", "sample_index")
_ABOUT = frozenset({
    "id", "domain", "source", "license", "language", "num_tokens", "pass_rate", "probe_pass_rate", "num_samples",
    "num_passed", "num_failed", "teacher", "verifier", "verdict_reason", "judge", "num_tests", "run", "sample_index",
    "seed", "policy", "sampling",
})  # fmt: skip
"""Columns of ours that tell about a row and are not its text."""


class ColumnRoles(NamedTuple):
    """What the columns are that both datasets have."""

    id: str | None
    prompt: str | None
    text: tuple[str, ...]
    reference: str | None
    place: tuple[str, ...]
    is_conversation: bool = False
    """Whether the prompt's column holds the trace as well, as its last message."""

    def said(self) -> str:
        """What makes rows of both the same one, in a sentence."""
        told = f"`{self.id or self.prompt}`" if self.id or self.prompt else ""
        texts = ", ".join(f"`{name}`" for name in self.text)
        if self.is_conversation:
            asked = told if self.id else f"all of {told} but its last message"
            rest = f", {texts}" if texts else ""
            last = f"the last message of `{self.prompt}`{rest} {_agree(('', *self.text))}"
            return f"Prompts are the same where {asked} is, and rows where {last} as well."
        if not told:
            return f"Rows are the same where {texts} {_agree(self.text)}; no column tells prompts apart."
        return f"Prompts are the same where {told} is, and rows where {texts} {_agree(self.text)} as well."


def roles_of(before: Mapping[str, pa.DataType], after: Mapping[str, pa.DataType]) -> ColumnRoles:
    """The roles of the columns that two datasets share, by their names."""
    shared = [name for name in before if name in after]
    id_column = "id" if "id" in shared else None
    prompt = _prompt_column(shared)
    reference = next((name for name in _REFERENCES if name in shared), None)
    place = _PLACE if all(name in shared for name in _PLACE) else ()
    others = [name for name in shared if name not in (*_ABOUT, prompt)]
    text = ("completion",) if "completion" in shared else tuple(others)
    is_conversation = prompt is not None and _is_conversation(prompt, before[prompt]) and "completion" not in shared
    return ColumnRoles(
        id_column, prompt, text if is_conversation else text or tuple(shared), reference, place, is_conversation
    )


def _agree(columns: Sequence[str]) -> str:
    return "is" if len(columns) == 1 else "are"


class _Part(NamedTuple):
    """The columns of some rows; None for what they lack."""

    prompt: Draws
    text: Draws
    place: Draws | None
    asked: Draws | None
    reference: Draws | None
    num_tokens: Small | None
    pass_rate: Floats | None
    domain: Small
    source: Small
    verifier: Small


def read_dataset(files: VersionFiles, roles: ColumnRoles) -> VersionRows:
    """The rows of a dataset, read once, a batch at a time. Raises InputError where there are none."""
    reader = _Reader(files, roles)
    parts = [reader.part(batch) for batch in files.batches(reader.columns) if len(batch)]
    if not parts:
        raise InputError(f"{files.name} has no rows.")
    told = zip(*((part.domain, part.source, part.verifier) for part in parts), strict=True)
    codes = [np.concatenate(column) for column in told]
    return VersionRows(
        prompt=np.concatenate([part.prompt for part in parts]),
        text=np.concatenate([part.text for part in parts]),
        place=_joined([part.place for part in parts]),
        asked=_joined([part.asked for part in parts]),
        reference=_joined([part.reference for part in parts]),
        num_tokens=_joined([part.num_tokens for part in parts]),
        pass_rate=_joined([part.pass_rate for part in parts]),
        domain=WordColumn(reader.domains.words, codes[0]),
        source=WordColumn(reader.sources.words, codes[1]),
        verdict=WordColumn(reader.verifiers.words, codes[2]) if "verifier" in files.columns else None,
    )


class _Reader:
    """Reads batches of one dataset."""

    def __init__(self, files: VersionFiles, roles: ColumnRoles) -> None:
        self.domains, self.sources, self.verifiers = Vocabulary(), Vocabulary(), Vocabulary()
        self._roles, known = roles, files.columns
        self._num_tokens = "num_tokens" if "num_tokens" in known and of.is_integer(known["num_tokens"]) else None
        rates = (name for name in _RATES if name in known and of.is_floating(known[name]))
        self._rate = next(rates, None)
        own = (roles.id, roles.prompt, roles.reference, self._num_tokens, self._rate)
        told = (name for name in ("domain", "source", "verifier") if name in known)
        self.columns = [*dict.fromkeys(name for name in (*own, *roles.text, *roles.place, *told) if name)]

    def part(self, batch: pa.RecordBatch) -> _Part:
        """The columns of a batch."""
        roles = self._roles
        text = row_digests(batch.select(roles.text))
        asked = digests(batch.column(roles.prompt)) if roles.prompt else None
        if roles.is_conversation:
            asked, last = turn_digests(batch.column(roles.prompt))
            text = mix(text ^ last)
        prompt = digests(batch.column(roles.id)) if roles.id else text if asked is None else asked
        return _Part(
            prompt=prompt,
            text=text,
            place=row_digests(batch.select(roles.place)) if roles.place else None,
            asked=asked if roles.id else None,
            reference=digests(batch.column(roles.reference)) if roles.reference else None,
            num_tokens=_numbers(batch, self._num_tokens),
            pass_rate=_rates(batch, self._rate),
            domain=_codes(batch, "domain", self.domains),
            source=_codes(batch, "source", self.sources),
            verifier=_codes(batch, "verifier", self.verifiers),
        )


def _joined(columns: Sequence[npt.NDArray[_Number] | None]) -> npt.NDArray[_Number] | None:
    """The parts of a column behind each other; None for one that the dataset lacks."""
    there = [column for column in columns if column is not None]
    return np.concatenate(there) if there else None


def _prompt_column(shared: Sequence[str]) -> str | None:
    """The column that holds what was asked, by its name."""
    found = [(name, words(name)) for name in shared]
    tiers = (
        (name for name, parts in found if parts == ("prompt",)),
        (name for name, parts in found if names.is_problem(parts)),
        (name for name, parts in found if names.is_kind_of_problem(parts)),
        (name for name, parts in found if "".join(parts) in names.CONVERSATIONS),
        (name for name, parts in found if parts == ("instruction",)),
    )
    return next((name for tier in tiers for name in tier), None)


def _is_conversation(column: str, kind: pa.DataType) -> bool:
    is_list = of.is_list(kind) or of.is_large_list(kind)
    return is_list and "".join(words(column)) in names.CONVERSATIONS


def _numbers(batch: pa.RecordBatch, name: str | None) -> Small | None:
    if name is None:
        return None
    column: Small = batch.column(name).fill_null(UNKNOWN).to_numpy(zero_copy_only=False).astype(np.int32)
    return column


def _rates(batch: pa.RecordBatch, name: str | None) -> Floats | None:
    if name is None:
        return None
    column: Floats = batch.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False)
    return column


def _codes(batch: pa.RecordBatch, name: str, words_of: Vocabulary) -> Small:
    """The numbers of a column of words, those of the empty word where there is none."""
    if name not in batch.schema.names:
        return np.full(len(batch), words_of.add(""), dtype=np.int32)
    column = batch.column(name)
    is_words = of.is_string(column.type) or of.is_large_string(column.type)
    told = column if is_words else pa.array([str(value or "") for value in column.to_pylist()], pa.string())
    return words_of.encode(pa.chunked_array([told]))
