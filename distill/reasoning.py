"""Where a completion's reasoning ends and its answer begins.

`<think>` is our form: rows, templates and rewards have no other. Teachers have many, which are read here.
"""

from typing import NamedTuple

OPEN, CLOSE = "<think>", "</think>"


class Parts(NamedTuple):
    """A completion taken apart.

    An answer is only what stands after the *last* closing tag, so that an answer quoted while thinking
    never counts as given. A tag in quotes or in a code span is spoken of, and closes nothing.
    """

    reasoning: str | None
    """None where the teacher wrote no tag at all."""
    answer: str
    is_finished: bool
    """False where the reasoning was opened and never closed: then there is no answer."""


class Markup(NamedTuple):
    """How a family of models marks its reasoning."""

    open: str
    close: str
    frame: tuple[str, ...] = ()
    """What stands around the answer."""
    is_opened_by_prompt: bool = False
    """Whether the closing mark may come alone, since the template has the opening one."""
    is_prose: bool = False
    """Whether the opening mark is a sentence that others may begin with: only both marks together count."""


THINK = Markup(OPEN, CLOSE, is_opened_by_prompt=True)
MARKUPS = (
    THINK,  # DeepSeek, Qwen, GLM, MiniMax, SmolLM, Nemotron, Phi, Hunyuan, Olmo
    Markup("[THINK]", "[/THINK]"),  # Magistral
    Markup("<seed:think>", "</seed:think>", is_opened_by_prompt=True),  # Seed-OSS
    Markup("◁think▷", "◁/think▷", is_opened_by_prompt=True),  # Kimi-VL, Kimi 1.5
    Markup("<thought>", "</thought>"),  # Gemini's endpoint for OpenAI's clients, EXAONE Deep
    Markup("<thinking>", "</thinking>", ("<output>", "</output>")),  # asked for in prompts; Reflection has the frame
    Markup("<Thought>", "</Thought>", ("<Output>", "</Output>")),  # Marco-o1
    Markup("<|im_start|>think", "<|im_start|>answer", ("<|im_end|>",)),  # s1, whose channels are turns
    Markup("<reasoning>", "</reasoning>"),
    Markup("<longcat_think>", "</longcat_think>"),
    Markup("<|channel>thought", "<channel|>"),  # Gemma 4
    Markup("<unused94>thought", "<unused95>"),  # MedGemma
    Markup("<|inner_prefix|>", "<|inner_suffix|>"),  # Apertus
    Markup("<|begin_of_thought|>", "<|end_of_thought|>", ("<|begin_of_solution|>", "<|end_of_solution|>")),  # Sky-T1
    Markup(  # Command A
        "<|START_THINKING|>",
        "<|END_THINKING|>",
        ("<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|START_TEXT|>", "<|END_TEXT|>"),
    ),
    Markup("Here is my thought process:", "Here is my response:", is_prose=True),  # Granite 3.2
    Markup("Here's my thought process:", "Here's my response:", is_prose=True),
    Markup("## Thinking\n", "\n## Final Response\n", is_prose=True),  # HuatuoGPT-o1
)
_OPENING = tuple(markup.open for markup in MARKUPS)
_CLOSING = tuple(markup.close for markup in MARKUPS if not markup.is_prose)
_HARMONY = ("<|channel|>", "<|start|>assistant")
_HARMONY_ENDS = ("<|end|>", "<|return|>", "<|call|>", "<|start|>assistant")
_BARE_ANALYSIS, _BARE_FINAL = ("analysis", "assistantanalysis"), "assistantfinal"
"""What is left of gpt-oss's `<|channel|>analysis<|message|>` and `…final<|message|>` without its special tokens."""
_QUOTES = {('"', '"'), ("'", "'"), ("`", "`"), ("“", "”"), ("‘", "’"), ("«", "»"), ("„", "“")}
_CODE_SPAN_CHARS = 200
"""A longer line is not looked through for the backticks around a tag."""


def split(text: str) -> Parts:
    """Take `text` apart at its last `</think>`, or by other marks where it begins with one.

    The opening tag may be missing, since several chat templates put it into the prompt; text before it
    belongs to the reasoning, since it was written before the answer.

    >>> split("<think>2+2</think>4")
    Parts(reasoning='2+2', answer='4', is_finished=True)
    """
    begin = text.lstrip()
    if begin.startswith(_HARMONY):
        return _split_channels(begin)
    if begin.startswith(_BARE_ANALYSIS):
        return _split_bare_channels(begin) or _split_at(text, THINK)
    if begin.startswith(_OPENING):
        return _split_at(text, next(markup for markup in MARKUPS if begin.startswith(markup.open)))
    alone = (markup for markup in MARKUPS if markup.is_opened_by_prompt and _last_close(text, markup) >= 0)
    return _split_at(text, next(alone, THINK))


def merged(reasoning: str, content: str) -> Parts:
    """The parts of a completion whose reasoning came in a field of its own; tags that came all the same are dropped.

    Where the endpoint took the first of several closing tags for the end, one more stands alone on a line of the
    content: what is before it is reasoning as well.
    """
    thoughts = reasoning.strip()
    for tag in (tag for tag in _OPENING if thoughts.startswith(tag)):
        thoughts = thoughts.removeprefix(tag).lstrip()
    for tag in (tag for tag in _CLOSING if thoughts.endswith(tag)):
        thoughts = thoughts.removesuffix(tag).rstrip()
    begin = content.strip()
    for tag in (tag for tag in _CLOSING if begin.startswith(tag)):
        begin = begin.removeprefix(tag).lstrip()
    at = _last_close(begin, THINK)
    if not begin.startswith((*_OPENING, *_HARMONY)) and (at < 0 or begin[at - 1] != "\n"):
        return Parts(thoughts, begin, is_finished=bool(begin))
    more = split(begin)
    if more.reasoning and more.reasoning not in thoughts:
        thoughts = f"{thoughts}\n{more.reasoning}"
    return Parts(thoughts, more.answer, more.is_finished)


def has_lost_marks(text: str) -> bool:
    """Whether gpt-oss wrote a text whose special tokens were dropped, so that it is not what the model wrote."""
    return text.startswith(_BARE_ANALYSIS) and _split_bare_channels(text) is not None


def join(reasoning: str | None, answer: str) -> str:
    """Write a completion as students are trained on it: reasoning in tags, a blank line, the answer."""
    return f"{OPEN}\n{(reasoning or '').strip()}\n{CLOSE}\n\n{answer.strip()}"


def unjoin(completion: str) -> Parts | None:
    """Take apart what `join` wrote; None for a text of another form.

    Whatever the answer speaks of, it is found as it was, but for one that holds a line `</think>` with an empty line
    below: then it begins behind the last of these. See `as_kept`.
    """
    opening, closing = f"{OPEN}\n", f"\n{CLOSE}\n\n"
    at = completion.rfind(closing)
    if not completion.startswith(opening) or at < len(opening):
        return None
    return Parts(completion[len(opening) : at], completion[at + len(closing) :], is_finished=True)


def as_kept(answer: str) -> str:
    """An answer as whoever has only its row finds it; verdicts are given on this, so that they can be given again."""
    parts = unjoin(join(None, answer))
    assert parts is not None
    return parts.answer


def begun(reasoning: str | None, answer: str) -> str:
    """A completion that was cut off, as its teacher would have to go on from, if `<think>` is its form."""
    if reasoning is None:
        return answer
    return join(reasoning, answer) if answer else f"{OPEN}\n{reasoning}"


def _split_at(text: str, markup: Markup) -> Parts:
    at = _last_close(text, markup)
    if at < 0 and markup.is_prose:
        return Parts(None, text, is_finished=True)
    tail = text[at + len(markup.close) :] if at >= 0 else text
    if _first_open(tail, markup) >= 0:
        return Parts(_untag(text, markup), "", is_finished=False)
    if at < 0:
        return Parts(None, text, is_finished=True)
    answer = tail.strip()
    for mark in markup.frame:
        answer = answer.removeprefix(mark).removesuffix(mark).strip()
    return Parts(_untag(text[:at], markup), answer, is_finished=True)


def _untag(text: str, markup: Markup) -> str:
    at = _first_open(text, markup)
    return (text if at < 0 else f"{text[:at]}\n{text[at + len(markup.open) :]}").strip()


def _last_close(text: str, markup: Markup) -> int:
    """Where the last closing mark begins that closes something; -1: nowhere."""
    at = text.rfind(markup.close)
    while at >= 0 and _is_spoken_of(text, at, at + len(markup.close)):
        at = text.rfind(markup.close, 0, at)
    return at


def _first_open(text: str, markup: Markup) -> int:
    """Where the first opening mark begins that opens something; -1: nowhere.

    Models write it at the beginning of a line, or at once before what they think; `use the <think> tag` has spaces.
    """
    at = text.find(markup.open)
    while at >= 0:
        end = at + len(markup.open)
        is_word = text[max(0, at - 1) : at] in (" ", "(") and text[end : end + 1] in tuple(" .,;:!?)")
        if not (is_word and text[:at].strip()) and not _is_spoken_of(text, at, end):
            return at
        at = text.find(markup.open, end)
    return -1


def _is_spoken_of(text: str, start: int, end: int) -> bool:
    """Whether the tag at `start` stands in quotes, or in a code span."""
    begin = max(0, start - _CODE_SPAN_CHARS)
    line_begin = text.rfind("\n", begin, start) + 1 or begin
    if line_begin > begin or begin == 0:
        line_end = text.find("\n", end, end + _CODE_SPAN_CHARS)
        is_odd = text.count("`", line_begin, start) % 2 == 1
        if is_odd and "`" in text[end : line_end if line_end >= 0 else end + _CODE_SPAN_CHARS]:
            return True
    quote = text[max(0, start - 1) : start]
    if (quote, text[end : end + 1]) not in _QUOTES:
        return False
    before = text[max(0, start - 4) : start].rstrip(quote)[-1:]
    return not (before.isalnum() or (before and before in ".!?,;)]}"))  # else the quote ends there, and the tag begins


def _split_channels(text: str) -> Parts:
    """gpt-oss's messages: its answer is the last one, if that is in the channel `final`."""
    thoughts: list[str] = []
    answer = None
    for message in text.split("<|channel|>")[1:]:
        channel, _, body = message.partition("<|message|>")
        for mark in _HARMONY_ENDS:
            body = body.partition(mark)[0]
        answer = body.strip() if channel.startswith("final") else None
        if answer is None:
            thoughts.append(body.strip())
    return Parts("\n".join(thoughts) or None, answer or "", is_finished=answer is not None)


def _split_bare_channels(text: str) -> Parts | None:
    """The same where the special tokens are dropped: `analysisWe add.assistantfinal4`. None: it is another text."""
    text = text.removeprefix("assistant").removeprefix("analysis")
    thoughts, final, answer = text.rpartition(_BARE_FINAL)
    if final:
        return Parts(thoughts.strip(), answer.strip(), is_finished=True)
    return Parts(text.strip(), "", is_finished=False) if text[:1].isupper() else None
