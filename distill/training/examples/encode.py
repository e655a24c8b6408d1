"""Render and tokenise rows, and prove of every one that its tokens spell it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
from jinja2 import TemplateError, meta
from tokenizers import Tokenizer
from transformers.utils.chat_template_utils import _compile_jinja_template, render_jinja_template

from distill.errors import InputError
from distill.reasoning import CLOSE, OPEN
from distill.training.examples.document import PROBE, Document, TurnForm, document, is_lossless, turn_form
from distill.training.examples.row import Row, SetAsideError

Ids = npt.NDArray[np.int32]
_RENDER = cast("Callable[..., tuple[list[str], object]]", render_jinja_template)  # its annotation says `str`


class Encoded(NamedTuple):
    """A row as token ids."""

    row: Row
    prompt: Ids
    """What the student is given at inference."""
    completion: Ids
    """What it is trained to write; the last is EOS."""

    @property
    def num_tokens(self) -> int:
        """Length of the row."""
        return len(self.prompt) + len(self.completion)


class Control(NamedTuple):
    """Tokens that no text may spell, since each would be trained as that token: an EOS in mid-sentence, say."""

    names: dict[int, str]
    is_control: npt.NDArray[np.bool_]
    """The same by id, for all ids: looking up an array of tokens takes microseconds."""

    @classmethod
    def of(cls, names: dict[int, str], num_ids: int) -> "Control":
        """The tokens `names` of a vocabulary of `num_ids`."""
        table = np.zeros(num_ids, np.bool_)
        table[list(names)] = True
        return cls(names, table)

    def first(self, ids: Ids) -> str | None:
        """The first of them among the ids."""
        found = ids[self.is_control[ids]]
        return self.names[int(found[0])] if len(found) else None


class Encoder(NamedTuple):
    """Tokenizer and template of a prepared student, proved to be those of inference. It can be sent to a process."""

    tokenizer: Tokenizer
    template: str
    special: dict[str, str]
    """What templates know of the tokenizer: `bos_token` and so on."""
    variables: frozenset[str]
    """What the template reads: without `tools` it would drop a row's."""
    form: TurnForm
    control: Control
    """Added tokens that are special, or that the template writes; `<think>` and `</think>` are for the student."""
    special_control: Control
    """Those that are special, which no row may spell, be it of tools."""

    def encode(self, rows: Sequence[Row]) -> list[Encoded | SetAsideError]:
        """Token ids of every row, or why it cannot be trained on."""
        found: list[Encoded | SetAsideError] = []
        documents = [self._document(row) for row in rows]
        texts = [text for one in documents if isinstance(one, Document) for text in one]
        ids = iter(self.tokenizer.encode_batch_fast(texts, add_special_tokens=False))
        for row, made in zip(rows, documents, strict=True):
            found.append(self._proved(row, made, next(ids).ids, next(ids).ids) if isinstance(made, Document) else made)
        return found

    def render(self, turns: Sequence[Mapping[str, object]], row: Row | None = None, *, is_asking: bool = True) -> str:
        """A conversation as the template writes it, with the tools and settings of a row."""
        tools, settings = (row.tools, row.template_kwargs or {}) if row else (None, {})
        given = {**self.special, **settings, "add_generation_prompt": is_asking, "chat_template": self.template}
        (text,), _ = _RENDER([turns], tools=tools, **given)
        return text

    def _document(self, row: Row) -> Document | SetAsideError:
        try:
            self._refuse_unread(row)
            made = document(self.render(row.prompt, row), row.content, self.form)
            _refuse_dropped(row, made.prompt)
            self._refuse_control(row)
        except SetAsideError as error:
            return _placed(error, row)
        except (
            TemplateError,
            TypeError,
            KeyError,
        ) as error:  # what the template says, or did not foresee
            return _placed(SetAsideError("template", f"the chat template cannot render its prompt: {error}."), row)
        return made

    def _refuse_unread(self, row: Row) -> None:
        given = [*(["tools"] if row.tools else []), *(row.template_kwargs or {})]
        if unread := [name for name in given if name not in self.variables]:
            raise SetAsideError(
                "tools or settings that the template ignores",
                f"it has {' and '.join(f'`{name}`' for name in unread)}, which the student's chat template does not "
                "read, so the student would never see it. Set distill.template to one that does, or drop the column.",
            )

    def _refuse_control(self, row: Row) -> None:
        """Refuse texts that spell a control token."""
        eos = self.special["eos_token"]
        if row.content.rstrip().endswith(eos):
            raise SetAsideError(
                "EOS in the text",
                f"its completion ends in the text of the EOS token {eos}, which training adds by itself. Remove it "
                "from the end of the completions.",
            )
        said = "\n".join(text for turn in row.prompt if isinstance(text := turn.get("content"), str))
        if found := [token for token in self._control(row).names.values() if token in said]:
            raise _control_error(found[0])

    def _control(self, row: Row) -> Control:
        """A row with tools may spell the tokens that its template writes around calls, if they are not special."""
        return self.special_control if row.tools else self.control

    def _proved(self, row: Row, made: Document, prompt: list[int], completion: list[int]) -> Encoded | SetAsideError:
        text = self.tokenizer.decode(prompt + completion, skip_special_tokens=False)
        if not is_lossless(made.prompt + made.completion, text):
            error = SetAsideError(
                "characters lost",
                "decoding its tokens gives another text than was encoded, so this tokenizer loses characters. Use the "
                "base's own tokenizer.json.",
            )
            return _placed(error, row)
        written = np.array(completion, np.int32)
        if (token := self._control(row).first(written[:-1])) is not None:
            return _placed(_control_error(token), row)
        return Encoded(row, np.array(prompt, np.int32), written)


def _refuse_dropped(row: Row, prompt: str) -> None:
    """What the assistant said before, a template may shorten; what others said, the student has to see."""
    for turn in row.prompt:
        text = turn.get("content")
        if turn.get("role") != "assistant" and isinstance(text, str) and text.strip() not in prompt:
            raise SetAsideError(
                "turns that the template drops",
                f"the student's chat template leaves out what its turn of the role {turn.get('role')} says.",
            )


def _placed(error: SetAsideError, row: Row) -> SetAsideError:
    return SetAsideError(error.reason, f"{row.where}: {error}")


def _control_error(token: str) -> SetAsideError:
    sentence = f"its text spells the control token {token}, which would be trained as that token."
    return SetAsideError("control tokens", sentence)


def encoder_of(student: Path) -> Encoder:
    """The encoder of a prepared student. Raises InputError where its template does not end a turn in its EOS token."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(student)
    template = str(tokenizer.get_chat_template())
    parsed = _compile_jinja_template(template).environment.parse(template)
    added = tokenizer.added_tokens_decoder
    size = max(tokenizer.backend_tokenizer.get_vocab_size(), 1 + max(added, default=0))  # ids may have gaps
    added = {number: token for number, token in added.items() if token.content not in {OPEN, CLOSE}}
    found = Encoder(
        tokenizer=tokenizer.backend_tokenizer,
        template=template,
        special=dict(tokenizer.special_tokens_map),
        variables=frozenset(meta.find_undeclared_variables(parsed) - {"messages", "add_generation_prompt"}),
        form=TurnForm("", ""),
        control=Control.of({n: t.content for n, t in added.items() if t.special or t.content in template}, size),
        special_control=Control.of({n: t.content for n, t in added.items() if t.special}, size),
    )
    asked = [{"role": "user", "content": "probe?"}]
    prompt = found.render(asked)
    full = found.render([*asked, {"role": "assistant", "content": PROBE}], is_asking=False)
    form = turn_form(prompt, full, str(tokenizer.eos_token))
    _prove_ids(tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_dict=False), found, prompt)
    if found.tokenizer.encode(form.end, add_special_tokens=False).ids[-1] != tokenizer.eos_token_id:
        raise InputError(f"The EOS token {tokenizer.eos_token} is not one token of the student's tokenizer.")
    return found._replace(form=form)


def _prove_ids(asked: object, encoder: Encoder, prompt: str) -> None:
    """Prompts get the very ids that inference gives them."""
    if asked != encoder.tokenizer.encode(prompt, add_special_tokens=False).ids:
        raise InputError("The student's tokenizer gives a prompt other tokens at inference than in training.")
