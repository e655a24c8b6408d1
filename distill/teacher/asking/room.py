"""The numbers of a refusal: what a model has room for, and how much of it the prompt takes."""

import re
from typing import NamedTuple


def _compiled(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


_NUMBER = r"(\d{1,9})"
_LIMIT = r"max(?:imum)?[_ ]?(?:[a-z]{1,12}[_ ])?tokens"
_MOST = _compiled(
    rf"{_NUMBER} (?:>|is greater than) (?P<most>\d{{1,9}}),? which is the maximum",
    r"at most (?P<most>\d{1,9}) (?:completion|output|new|generated) tokens",
    rf"{_LIMIT}[^\n]{{0,60}}?\[\d{{1,9}}, ?(?P<most>\d{{1,9}})\]",
    rf"{_LIMIT}[^\n]{{0,90}}?(?:less than or equal to|<=|≤|at most|not exceed|exceeds? the limit of|not be (?:greater|"
    r"larger|more) than|up to|maximum value is|model limit of|maximum is|upper limit of) ?(?P<most>\d{1,9})",
)
_MOST_BELOW = re.compile(r"range is from \d{1,9} \(inclusive\) to (?P<most>\d{1,9}) \(exclusive\)")
_CONTEXT = _compiled(
    rf"\+ ?{_NUMBER} ?> ?(?P<context>\d{{1,9}})",
    r"\+ ?max_new_tokens must be <= (?P<context>\d{1,9})",
    r"(?P<context>\d{1,9}) (?:token )?(?:maximum|max) context",
    r"n_ctx:? ?=? ?(?P<context>\d{1,9})",
    r"context[_ ](?:length|window|size|limit)[^\d\n.]{0,40}(?P<context>\d{1,9})",
    r"token limit: (?P<context>\d{1,9})",
    r"while limit is (?P<context>\d{1,9})",
    r"\(tpm\): limit (?P<context>\d{1,9})",
)
_PROMPT = _compiled(
    rf"(?P<prompt>\d{{1,9}}) ?\+ ?{_NUMBER} ?> ?{_NUMBER}",
    r"(?P<prompt>\d{1,9}) (?:tokens )?(?:in|from|of) (?:the |your )?(?:input |text )?(?:messages|prompt|input)",
    r"(?<!at least )(?<!\d)(?P<prompt>\d{1,9}) (?:prompt|inputs?) tokens",
    r"n_prompt_tokens: (?P<prompt>\d{1,9})",
    r"resulted in (?P<prompt>\d{1,9}) tokens",
    r"(?:request|input|prompt) \((?P<prompt>\d{1,9}) tokens\)",
    r"requested tokens \((?P<prompt>\d{1,9})\)",
    r"prompt is (?P<prompt>\d{1,9}) tokens",
    r"n_keep:? ?=? ?(?P<prompt>\d{1,9})",
    r"keep the first (?P<prompt>\d{1,9}) tokens",
    r"prompt contains (?P<prompt>\d{1,9}) tokens",
    r"prompt is too long: (?P<prompt>\d{1,9})",
)
_TOTAL = _compiled(
    r"requested (?:a total of |about )?(?P<total>\d{1,9}) tokens",
    r"requested:? (?P<total>\d{1,9})(?! ?output)",
    r"current length is (?P<total>\d{1,9})",
)
_SEPARATOR = re.compile(r"(?<=\d)[,_](?=\d{3}(?!\d))")
_QUOTES = str.maketrans("", "", "`'\"*")


class TokenRoom(NamedTuple):
    """In tokens; None where a refusal does not say."""

    context: int | None = None
    """For prompt and answer together."""
    prompt: int | None = None
    """What the prompt of this request takes."""
    most: int | None = None
    """The longest answer."""

    @property
    def left(self) -> int | None:
        """What the prompt leaves to the answer."""
        return None if self.context is None or self.prompt is None else self.context - self.prompt


def read_room(text: str, asked: int) -> TokenRoom:
    """The numbers in the words of a refusal of a request for `asked` tokens."""
    said = _SEPARATOR.sub("", text.lower().translate(_QUOTES).replace("“", "").replace("”", ""))
    context, total = _first(_CONTEXT, "context", said), _first(_TOTAL, "total", said)
    prompt = _first(_PROMPT, "prompt", said)
    if prompt is None and total is not None and total > asked:
        prompt = total - asked
    most = _first(_MOST, "most", said) if context is None else None
    if most is None and (below := _MOST_BELOW.search(said)):
        most = int(below["most"]) - 1
    return TokenRoom(context, prompt, most)


def _first(patterns: tuple[re.Pattern[str], ...], name: str, text: str) -> int | None:
    for pattern in patterns:
        if match := pattern.search(text):
            return int(match[name])
    return None
