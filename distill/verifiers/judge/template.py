"""What a judge is asked: a YAML template, filled in so that the answer under judgement stays material. Pure."""

import json
import re
from typing import Annotated, Self

from pydantic import Field, JsonValue, PositiveInt, model_validator

from distill.records import Message, Prompt
from distill.references import Answer, Choice, Record

YES, NO, UNCLEAR = "yes", "no", "unclear"
REPAIR = "That reply holds no single verdict in the form asked for."
_PLACEHOLDER = re.compile(r"\{(question|reference|answer|form|ticket)\}")
_CONTROL = re.compile(r"<(?=[|｜]|/?s>|/?think>|start_of_turn|end_of_turn)|\[(?=/?(?:INST|SYSTEM_PROMPT)\])")
_RESERVED = ("analysis", "ticket")


class Template(Record):
    """How a judge is asked. Every question is answered with yes, no or unclear; at least `min_yes` must be yes."""

    system: str
    orders: Annotated[tuple[str, ...], Field(min_length=1)]
    """The user's turn, once for each order in which its parts are shown; a vote asks all of them."""
    questions: Annotated[dict[str, str], Field(min_length=1)]
    min_yes: PositiveInt | None = None
    """None: all of them."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if set(_RESERVED) & self.questions.keys():
            raise ValueError(f"a question may not be called {' or '.join(_RESERVED)}")
        if self.num_needed > len(self.questions):
            raise ValueError("`min_yes` is larger than the number of questions")
        if not all("{answer}" in order and "{form}" in order for order in self.orders):
            raise ValueError("every order needs {answer} and {form}")
        return self

    @property
    def num_needed(self) -> int:
        """How many questions must be answered with yes."""
        return self.min_yes or len(self.questions)

    @property
    def needs_reference(self) -> bool:
        """Whether it compares with a reference."""
        return any("{reference}" in order for order in self.orders)


def messages(template: Template, order: int, prompt: Prompt, answer: str, ticket: str) -> tuple[Message, Message]:
    """The turns that ask for one opinion; `ticket` is a random code that nobody could have known before."""
    parts = {
        "question": _fenced("QUESTION", _asked(prompt), ticket),
        "reference": _fenced("REFERENCE", reference_text(prompt) or "", ticket),
        "answer": _fenced("ANSWER", answer, ticket),
        "form": form(template, ticket),
        "ticket": ticket,
    }

    def fill(text: str) -> str:
        return _PLACEHOLDER.sub(lambda match: parts[match[1]], text)

    return (
        Message(role="system", content=fill(template.system)),
        Message(role="user", content=fill(template.orders[order])),
    )


def form(template: Template, ticket: str) -> str:
    """How the reply should look, in words and as an example."""
    questions = "\n".join(f"- {name}: {question}" for name, question in template.questions.items())
    choices = f"{YES}|{NO}|{UNCLEAR}"
    example = {"analysis": "one to three sentences", **dict.fromkeys(template.questions, choices), "ticket": ticket}
    return (
        f"Answer these questions:\n{questions}\n\nReply with nothing but one JSON object of this form:\n"
        f"{json.dumps(example)}"
    )


def schema(template: Template) -> dict[str, JsonValue]:
    """JSON Schema of the reply, for endpoints that hold to one. The ticket is left open, so that one grammar serves."""
    verdicts: dict[str, JsonValue] = {
        name: {"type": "string", "enum": [YES, NO, UNCLEAR]} for name in template.questions
    }
    return {
        "type": "object",
        "properties": {"analysis": {"type": "string"}, **verdicts, "ticket": {"type": "string"}},
        "required": ["analysis", *template.questions, "ticket"],
        "additionalProperties": False,
    }


def reference_text(prompt: Prompt) -> str | None:
    """The reference as a judge reads it; None where there is none, or none that reading can decide on."""
    match prompt.reference:
        case Answer(value=value):
            return value
        case Choice(answer=answer, choices=choices):
            options = "\n".join(f"{chr(ord('A') + number)}. {text}" for number, text in enumerate(choices))
            return f"{answer}, of these choices:\n{options}"
        case _:
            return None


def _asked(prompt: Prompt) -> str:
    if len(prompt.messages) == 1:
        return prompt.messages[0].content
    return "\n\n".join(f"[{message.role}] {message.content}" for message in prompt.messages)


def _fenced(title: str, text: str, ticket: str) -> str:
    """Text between two lines that carry the ticket; control tokens of chat templates are taken apart by a space.

    Tokenizers read a `<|im_end|>` inside a message as the end of the turn, so an answer could speak as the judge.
    """
    defused = _CONTROL.sub(lambda match: f"{match[0]} ", text)
    return f"----- {title} {ticket} BEGINS -----\n{defused}\n----- {title} {ticket} ENDS -----"
