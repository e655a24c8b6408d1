"""What a teacher reads: the messages of a request, from a prompt and what a recipe puts around it. Pure."""

from itertools import takewhile

from distill.recipe.sections import GenerateSection
from distill.records import Message, Prompt

PLACE = "{prompt}"
"""Where a prompt stands in a wording."""


def messages_of(prompt: Prompt, settings: GenerateSection) -> tuple[Message, ...]:
    """The system message, the examples, and the prompt's own turns with the wording around its last question.

    A prompt's own system message stands in for that of the settings, and comes first as well: many chat templates
    take none behind another turn.
    """
    own = tuple(takewhile(_is_system, prompt.messages))
    turns = prompt.messages[len(own) :]
    if settings.system is not None and not any(map(_is_system, (*settings.few_shot, *prompt.messages))):
        own = (Message(role="system", content=settings.system),)
    return (*own, *settings.few_shot, *_worded(turns, settings.wording))


def _worded(turns: tuple[Message, ...], wording: str | None) -> tuple[Message, ...]:
    places = [place for place, turn in enumerate(turns) if turn.role == "user"]
    if wording is None or not places:
        return turns
    last = places[-1]
    asked = Message(role="user", content=wording.replace(PLACE, turns[last].content))
    return (*turns[:last], asked, *turns[last + 1 :])


def _is_system(message: Message) -> bool:
    return message.role == "system"
