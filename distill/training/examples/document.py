"""One row as a training document: what is prompt, what is trained, and the proof that both are right.

Pure: text and token ids in, a verdict out. A row that fails a proof here stops the training, because the same
mistake is then in every row: it lies in template, tokenizer or EOS.
"""

import unicodedata
from typing import NamedTuple

from distill.errors import InputError
from distill.reasoning import CLOSE, OPEN, split

HEAD = f"{OPEN}\n"


class Document(NamedTuple):
    """The two texts of a row. Their token ids are joined, never tokenised across the seam.

    At inference the prompt is tokenised alone and the student goes on from there; a token that spans the seam (two
    line breaks in one, say) is one it could never write.
    """

    prompt: str
    """Exactly what the student is given at inference, the template's prefill included."""
    completion: str
    """What it must write, up to and with EOS."""


def document(prompt: str, full: str, content: str, eos: str) -> Document:
    """Split `full`, a row rendered for training, at `prompt`, its prompt rendered for inference.

    `content` is the completion as the row holds it. Raises InputError, without the row's place, where
    the reasoning was stripped, the prompts differ, the labels would not start right after the prefill, or no EOS
    ends the document.
    """
    if not content.startswith(HEAD) or CLOSE not in content:
        raise InputError(
            f"its completion does not begin with a `{OPEN}` line and a `{CLOSE}`. Write "
            "`<think>\\n…\\n</think>\\n\\n…`; a row without reasoning is `<think>\\n\\n</think>\\n\\n…`."
        )
    reasoning = split(content).reasoning or ""
    if reasoning not in full or CLOSE not in full:
        raise InputError(
            "the chat template strips the reasoning, so the student would learn answers alone. Set distill.template to "
            "one with a training variant that keeps it (deepseek-r1)."
        )
    if not full.startswith(prompt):
        raise InputError(
            f"the prompt that inference renders (it ends in {prompt[-30:]!r}) is not how the training document begins. "
            "Inference and training template differ."
        )
    completion = full[len(prompt) :]
    cut, found, rest = completion.rpartition(eos)
    if not found or rest.strip():
        raise InputError(
            f"the document ends in {completion[-20:]!r} and not in the EOS token {eos}, so the student would never "
            "learn to stop. Set distill.eos to the token that the template ends a turn with."
        )
    prefill = HEAD if prompt.endswith(HEAD) else ""
    if cut.strip() != content.removeprefix(prefill).strip():
        raise InputError(
            f"the labels would start at {completion[:30]!r} and not right after the prompt's prefill. The template "
            "adds or removes text around the completion."
        )
    return Document(prompt, cut + eos)


def is_lossless(text: str, decoded: str) -> bool:
    """Whether a text survives encoding and decoding. Qwen's tokenizers normalise to NFC, which loses nothing."""
    return decoded in (text, unicodedata.normalize("NFC", text))
