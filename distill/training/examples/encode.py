"""Render and tokenise rows, and prove for every one that the right tokens are trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from distill.errors import InputError
from distill.training.examples.datasets import Row
from distill.training.examples.document import Document, document, is_lossless
from distill.training.student.student import TRAINING_TEMPLATE


class Encoded(NamedTuple):
    """A row as token ids."""

    row: Row
    prompt: list[int]
    """What the student is given at inference."""
    completion: list[int]
    """What it is trained to write; the last is EOS."""

    @property
    def num_tokens(self) -> int:
        """Length of the row."""
        return len(self.prompt) + len(self.completion)


class Encoder:
    """The tokenizer and the two templates of a prepared student."""

    def __init__(self, student: Path) -> None:
        self.tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(student)
        self._backend = self.tokenizer.backend_tokenizer
        self._render = self.tokenizer.apply_chat_template
        self._training = (student / TRAINING_TEMPLATE).read_text(encoding="utf-8")
        self.eos = str(self.tokenizer.eos_token)
        self._eos_id = self.tokenizer.eos_token_id
        special = {
            number: token.content for number, token in self.tokenizer.added_tokens_decoder.items() if token.special
        }
        self._control_ids, self._control = frozenset(special), tuple(special.values())

    def encode(self, rows: Sequence[Row]) -> list[Encoded]:
        """Token ids of every row; raises InputError at the first whose proof fails, naming it.

        The prompt's ids are asked of the very call that inference makes; decoding proves that they spell the text that
        training begins with.
        """
        documents = self._documents(rows)
        prompts = self._render([r.prompt for r in rows], add_generation_prompt=True, return_dict=False)
        completions = self._backend.encode_batch_fast([d.completion for d in documents], add_special_tokens=False)
        encoded = [Encoded(*parts) for parts in zip(rows, prompts, (c.ids for c in completions), strict=True)]
        self._prove(encoded, documents)
        return encoded

    def has_control_tokens(self, one: Encoded) -> bool:
        """Whether a row's text spells a special token, which would be trained as one: an EOS in mid-sentence, say."""
        prompt = "".join(turn["content"] for turn in one.row.prompt)
        is_in_prompt = any(token in prompt for token in self._control)
        return is_in_prompt or not self._control_ids.isdisjoint(one.completion[:-1])

    def _documents(self, rows: Sequence[Row]) -> list[Document]:
        prompts = self._render([r.prompt for r in rows], add_generation_prompt=True, tokenize=False)
        whole = [[*r.prompt, {"role": "assistant", "content": r.content}] for r in rows]
        fulls = self._render(whole, chat_template=self._training, tokenize=False)
        documents = []
        for row, prompt, full in zip(rows, prompts, fulls, strict=True):
            try:
                documents.append(document(str(prompt), str(full), row.content, self.eos))
            except InputError as error:
                raise InputError(f"{row.where}: {error}") from error
        return documents

    def _prove(self, encoded: Sequence[Encoded], documents: Sequence[Document]) -> None:
        """The ids spell the document, and the last of them is EOS."""
        texts = self._backend.decode_batch([e.prompt + e.completion for e in encoded], skip_special_tokens=False)
        for one, doc, text in zip(encoded, documents, texts, strict=True):
            if one.completion[-1] != self._eos_id:
                raise InputError(f"{one.row.where}: the EOS token {self.eos} is not one token of this tokenizer.")
            if not is_lossless(doc.prompt + doc.completion, text):
                raise InputError(
                    f"{one.row.where}: decoding its tokens gives another text than was encoded, so this tokenizer "
                    "loses characters. Use the base's own tokenizer.json."
                )
