"""One row as a training document: what is prompt, what is trained. Pure: text in, text out."""

import unicodedata
from typing import NamedTuple

from distill.errors import InputError
from distill.reasoning import CLOSE, OPEN
from distill.training.examples.row import HEAD, SetAsideError

_PREFILLS = (f"{HEAD}\n{CLOSE}\n\n", HEAD, OPEN)
"""What a template may write for the student at a prompt's end: closed reasoning (`enable_thinking: false`), or its
opening."""
_ANSWER = "probed"
PROBE = f"{HEAD}probe\n{CLOSE}\n\n{_ANSWER}"
"""A completion by which a template shows what it writes around one."""


class TurnForm(NamedTuple):
    """What a template writes around an assistant's text."""

    lead: str
    """Between prompt and text: R1-Zero's template has a space there."""
    end: str
    """Up to and with EOS."""


class Document(NamedTuple):
    """The two texts of a row. Their token ids are joined, never tokenised across the seam.

    At inference the prompt is tokenised alone and the student goes on from there; a token that spans the seam (two
    line breaks in one, say) is one it could never write.
    """

    prompt: str
    """Exactly what the student is given at inference, the template's prefill included."""
    completion: str
    """What it must write, up to and with EOS. What a template adds after EOS is not trained."""


def turn_form(prompt: str, full: str, eos: str) -> TurnForm:
    """How a template writes an assistant's turn: `full` is a conversation that PROBE ends, `prompt` what led to it.

    Raises InputError where the turn does not end in EOS.
    """
    _, _, tail = full.rpartition(_ANSWER)
    end, found, rest = tail.partition(eos)
    if not found or end.strip() or rest.strip():
        raise InputError(
            f"The student's chat template ends a turn in {full[-20:]!r} and not in the EOS token {eos}, so the student "
            "would never learn to stop. Set distill.eos to the token that the template ends a turn with."
        )
    lead, found, _ = full.removeprefix(prompt).partition(PROBE)
    return TurnForm(lead if found and not lead.strip() else "", end + eos)


def document(prompt: str, content: str, form: TurnForm) -> Document:
    """The texts of a row whose prompt is rendered for inference, and whose completion is `content` as the row has it.

    Nothing of `content` is lost but what the prompt says already. Raises SetAsideError, without the row's place, where
    it is not reasoning and an answer.
    """
    if not content.startswith(HEAD) or CLOSE not in content:
        raise SetAsideError(
            "no reasoning",
            f"its completion does not begin with a `{OPEN}` line and a `{CLOSE}`. Write "
            "`<think>\\n…\\n</think>\\n\\n…`; a row without reasoning is `<think>\\n\\n</think>\\n\\n…`.",
        )
    if not content.rpartition(CLOSE)[2].strip():
        raise SetAsideError("no answer", f"nothing follows its `{CLOSE}`, so the student would learn to say nothing.")
    prefill = next((one for one in _PREFILLS if prompt.endswith(one)), "")
    if not content.startswith(prefill):
        raise SetAsideError(
            "reasoning that the prompt forbids",
            f"its prompt ends in {prefill!r}, so that the student answers at once, but its completion reasons.",
        )
    return Document(prompt, ("" if prefill else form.lead) + content.removeprefix(prefill) + form.end)


def is_lossless(text: str, decoded: str) -> bool:
    """Whether a text survives encoding and decoding. Qwen's tokenizers normalise to NFC, which loses nothing."""
    return decoded in (text, unicodedata.normalize("NFC", text))
