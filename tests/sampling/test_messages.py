from distill.recipe.sections import GenerateSection
from distill.records import Message, Prompt
from distill.sampling.messages import messages_of

SHOTS = (Message(role="user", content="1 + 1?"), Message(role="assistant", content="2"))


def asked(*turns: tuple[str, str]) -> Prompt:
    messages = tuple(Message.model_validate({"role": role, "content": content}) for role, content in turns)
    return Prompt(id="q", messages=messages, domain="math", reference=None)


def sent(prompt: Prompt, **settings: object) -> list[tuple[str, str]]:
    return [(turn.role, turn.content) for turn in messages_of(prompt, GenerateSection.model_validate(settings))]


def test_a_prompt_alone_is_sent_as_it_is() -> None:
    assert sent(asked(("user", "2 + 2?"))) == [("user", "2 + 2?")]


def test_the_system_message_comes_first_then_examples_then_the_prompt_in_its_wording() -> None:
    got = sent(asked(("user", "2 + 2?")), system="Think.", few_shot=SHOTS, wording="{prompt}\n\nBox it: \\boxed{}.")
    assert got == [
        ("system", "Think."),
        ("user", "1 + 1?"),
        ("assistant", "2"),
        ("user", "2 + 2?\n\nBox it: \\boxed{}."),
    ]


def test_a_prompts_own_system_message_stands_in_for_that_of_the_settings() -> None:
    got = sent(asked(("system", "Be brief."), ("user", "2 + 2?")), system="Think.", few_shot=SHOTS)
    assert got == [("system", "Be brief."), ("user", "1 + 1?"), ("assistant", "2"), ("user", "2 + 2?")]


def test_the_examples_may_bring_a_system_message_of_their_own() -> None:
    shots = (Message(role="system", content="As here."), *SHOTS)
    assert [role for role, _ in sent(asked(("user", "?")), system="Think.", few_shot=shots)].count("system") == 1


def test_the_wording_goes_around_the_last_question_alone() -> None:
    prompt = asked(("user", "a"), ("assistant", "b"), ("user", "c"))
    assert sent(prompt, wording="<{prompt}>") == [("user", "a"), ("assistant", "b"), ("user", "<c>")]
    assert sent(asked(("user", "a"), ("assistant", "b")), wording="<{prompt}>") == [("user", "<a>"), ("assistant", "b")]


def test_braces_are_text_in_wording_and_prompt() -> None:
    assert sent(asked(("user", "f{prompt}{0}")), wording="{x} {prompt} {}") == [("user", "{x} f{prompt}{0} {}")]
