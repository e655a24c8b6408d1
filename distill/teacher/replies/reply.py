"""What a chat completion endpoint sends, whole or in events, read into one completion."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from distill.reasoning import CLOSE, OPEN, Parts, merged, split
from distill.records import FinishReason, Sampling
from distill.teacher.replies.endings import ending, error_in, word_of
from distill.teacher.replies.fields import MessageTexts, count, counts, joined_halves, loads, refusal, texts
from distill.teacher.trouble.kinds import Unresumable

CHARACTERS_A_TOKEN = 4
"""For endpoints that do not count: about right for English and code in current vocabularies."""


@dataclass(slots=True)
class Completion:
    """What a teacher has written, so far or to the end."""

    reasoning: str = ""
    """What the endpoint sent as reasoning; where it does not separate the two, `content` holds both, with the tags."""
    content: str = ""
    finish_reason: FinishReason | None = None
    """None: not finished."""
    num_tokens: int = 0
    """As the endpoint counts; an estimate until it does, which its count replaces."""
    num_prompt_tokens: int = 0
    resumed_at: int | None = None
    """The number of tokens at which it was last continued from its prefix."""
    sent: Sampling | None = None
    """How it was really drawn, where the endpoint did not take what was asked for; None: as asked."""
    is_of_earlier_run: bool = False
    """Whether it goes on from what an earlier run has: drawn anew, long samples would get a chance to be short."""
    is_verbatim: bool = False
    """Whether the text that it was resumed from is as the model wrote it, its marks of reasoning included."""
    is_unthinking: bool = False
    """Whether the request asked the model not to think."""
    is_counted: bool = False
    """Whether what came last was a count and nothing else, which endpoints send when all is said."""
    _ending: str = ""
    """The endpoint's own word for how it ended."""
    _index: int | None = None
    """Which of several choices it is."""
    _calls_tools: bool = False
    _refusal: str = ""
    _has_halves: bool = False
    """Whether surrogate pairs may have come in two pieces."""
    _pieces: list[tuple[str, str]] = field(default_factory=list, repr=False)
    """Reasoning and content that came in events: joined once, since a text that grows by a word is copied each time."""
    _num_pieces: int = field(default=0, repr=False)
    _num_characters: int = field(default=0, repr=False)

    def add(self, event: bytes, *, is_whole: bool = False) -> None:
        """Take in one event of a stream, or a whole answer.

        Raises json.JSONDecodeError for what is no JSON, TypeError or ValueError for a form that we do not know, and
        ErrorInBody. Until the endpoint counts, a token is four characters, and never more than a piece.
        """
        value, is_mended = loads(event)
        self._has_halves |= is_mended
        if isinstance(value, list) and len(value) == 1:  # Gemini's errors
            value = value[0]
        if not isinstance(value, dict):
            raise TypeError("it is no object")
        choices = value.get("choices")
        if value.get("error") or not choices or value.get("object") == "error":
            error = error_in(value, has_choices=bool(choices) or not is_whole)
            if error is not None:
                raise error
        choice = self._choice(choices) if choices else None
        has_text = choice is not None and self._take(choice, is_whole=is_whole)
        self._count(value, choice, has_text=has_text)
        self.is_counted = not choices and counts(value)[1] > 0
        if choice is not None and choice.get("error"):
            error = error_in(choice, has_choices=True)
            if error is not None:
                raise error

    @property
    def is_begun(self) -> bool:
        """Whether any choice has come."""
        return self._index is not None

    @property
    def has_grown(self) -> bool:
        """Whether anything has come beyond a role: a text, the count of one, a refusal, a call of a tool."""
        has_text = self._num_pieces > 0 or self.num_tokens > (self.resumed_at or 0)
        return has_text or self._refusal != "" or self._calls_tools

    @property
    def broke_with(self) -> str:
        """The endpoint's word for why it broke off; "" where it did not."""
        return self._ending if self._ending and ending(self._ending) is None else ""

    def end(self) -> None:
        """Settle how an answer ended after which nothing comes: one that names no reason was ended by the model."""
        if self.broke_with:
            return
        self.finish_reason = self.finish_reason or FinishReason.STOP
        if self._num_pieces == 0 and self._refusal:
            self._pieces.append(("", self._refusal))
            self.finish_reason = FinishReason.FILTERED
        elif self._calls_tools and not (self.content + "".join(content for _, content in self._pieces)).strip():
            self.finish_reason = FinishReason.FILTERED

    def resume(self) -> "Completion":
        """What is written so far, to be continued by another request, with reasoning in our tags."""
        self._join()
        text = self.content
        if self.reasoning:
            text = f"{OPEN}{self.reasoning}" + (f"{CLOSE}{self.content}" if self.content else "")
        return Completion(
            content=text.rstrip("\ufffd"),  # half a character
            num_tokens=self.num_tokens,
            num_prompt_tokens=self.num_prompt_tokens,
            resumed_at=self.num_tokens,
            is_of_earlier_run=self.is_of_earlier_run,
            is_verbatim=not self.reasoning and (self.resumed_at is None or self.is_verbatim),
        )

    def restart(self, why: str) -> None:
        """Forget what was written so far: it is drawn again from the beginning.

        Raises Unresumable for what an earlier run has, which stays as it is.
        """
        if self.is_of_earlier_run:
            raise Unresumable(why)
        self.reasoning = self.content = ""
        self.num_tokens = 0
        self.resumed_at = None

    def parts(self) -> Parts:
        """Reasoning and answer, told apart by the endpoint's own field or by the marks in the text.

        Some endpoints send all text as reasoning where the model was asked not to think (vllm#17609, #19839). A model
        that ends within its thoughts looks the same: only where we asked is that text the answer.
        """
        self._join()
        if not self.reasoning:
            return split(self.content)
        if self.is_unthinking and self.finish_reason is FinishReason.STOP and not self.content.strip():
            return Parts(None, self.reasoning.strip(), is_finished=True)
        return merged(self.reasoning, self.content)

    def _choice(self, choices: JsonValue) -> dict[str, JsonValue] | None:
        """The first of several choices; None where only others have come."""
        choice = choices[0] if isinstance(choices, list) else None
        if isinstance(choices, list) and len(choices) > 1:
            choice = next((each for each in choices if isinstance(each, dict) and not each.get("index")), choice)
        if not isinstance(choice, dict):
            raise TypeError("its choices are no list of objects")
        index = choice.get("index") or 0
        if index == self._index:
            return choice
        index = count(index)
        if self._index is not None and index != 0:
            return None
        self._index = index
        self._pieces.clear()
        self._num_pieces = self._num_characters = 0
        return choice

    def _take(self, choice: dict[str, JsonValue], *, is_whole: bool) -> bool:
        """Take in a choice; returns whether it has text."""
        word = choice.get("finish_reason") or choice.get("finishReason")  # Gemini had both, and null in the first
        piece = choice.get("delta") or choice.get("message")
        reasoning, content = self._texts(piece if isinstance(piece, dict) else {"content": choice.get("text")})
        if word and (word := word_of(word)):
            self._ending, self.finish_reason = word, ending(word)
            if not is_whole and not choice.get("delta") and choice.get("message"):
                reasoning, content = self._further(reasoning, content)
        if not reasoning and not content:
            return False
        self._num_pieces += 1
        self._num_characters += len(reasoning) + len(content)
        self._pieces.append((reasoning, content))
        return True

    def _texts(self, piece: Mapping[str, JsonValue]) -> tuple[str, str]:
        """What a message or a piece of it says; what every second event looks like is told at once."""
        if len(piece) == 1 or (len(piece) == 2 and "role" in piece):
            content, reasoning = piece.get("content"), piece.get("reasoning_content") or piece.get("reasoning")
            if content and isinstance(content, str):
                return "", content
            if reasoning and isinstance(reasoning, str):
                return reasoning, ""
        found = texts(piece)
        if found.content:
            return found
        self._refusal += refusal(piece)
        self._calls_tools |= bool(piece.get("tool_calls") or piece.get("function_call"))
        return found

    def _further(self, reasoning: str, content: str) -> MessageTexts:
        """What a message at the end of a stream has beyond the pieces, which it may hold all once more."""
        self._join()
        if content.startswith(self.content) and reasoning in ("", self.reasoning):
            return MessageTexts("", content.removeprefix(self.content))
        return MessageTexts(reasoning, content)

    def _count(self, data: dict[str, JsonValue], choice: dict[str, JsonValue] | None, *, has_text: bool) -> None:
        start = self.resumed_at or 0
        prompt, completion = counts(data)
        if not completion and choice is not None and choice.get("usage"):  # Moonshot
            prompt, completion = counts(choice)
        if completion:
            self.num_tokens = start + completion
        elif has_text:
            estimate = max(self._num_pieces, -(-self._num_characters // CHARACTERS_A_TOKEN))
            self.num_tokens = max(self.num_tokens, start + estimate)
        if prompt and (self.resumed_at is None or not self.num_prompt_tokens):
            self.num_prompt_tokens = max(0, prompt - start)  # the prefix was read as a part of the prompt

    def _join(self) -> None:
        self.reasoning += "".join(reasoning for reasoning, _ in self._pieces)
        self.content += "".join(content for _, content in self._pieces)
        self._pieces.clear()
        if self._has_halves:
            self.reasoning, self.content = joined_halves(self.reasoning), joined_halves(self.content)
