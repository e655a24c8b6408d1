import pytest

from distill.errors import RecipeError
from distill.recipe.sections import GenerateSection, JudgeSection, Price, TeacherSection, VerifySection
from distill.records import Message, Prompt, Sampling
from distill.references import Answer, FunctionTests, Reference
from distill.sampling.checks import check_sampling, undecidable_sentence

JUDGED = VerifySection(judge=JudgeSection(model="j", endpoints=("http://j/v1",)))


def prompt(name: str, reference: Reference | None) -> Prompt:
    return Prompt(id=name, messages=(Message(role="user", content="?"),), domain="math", reference=reference)


def program(language: str) -> FunctionTests:
    return FunctionTests.model_validate(
        {"language": language, "function": "f", "cases": [{"args": [1], "expected": 1}]}
    )


def test_prompts_that_a_verifier_or_a_judge_decides_are_not_named() -> None:
    prompts = [prompt("a", Answer(value="4")), prompt("b", program("python"))]
    assert undecidable_sentence(prompts, VerifySection(), 4) is None
    assert undecidable_sentence([prompt("c", None)], JUDGED, 4) is None


def test_those_that_nothing_decides_are_counted_by_reason_with_the_first_ids() -> None:
    open_ended = [prompt(f"o{number}", None) for number in range(5)]
    prompts = [prompt("a", Answer(value="4")), *open_ended, prompt("b", program("cobol"))]
    told = undecidable_sentence(prompts, VerifySection(), 4)
    assert told is not None
    assert "6 of 7 prompts (no reference and no judge: o0, o1, o2, …; no way to run cobol: b)" in told
    assert "up to 24, are bought for nothing" in told
    assert "--judge NAME" in told


def test_a_judge_is_not_advised_where_it_would_not_help() -> None:
    told = undecidable_sentence([prompt("b", program("cobol"))], JUDGED, 1)
    assert told is not None
    assert "Mend that, or take them out of the prompts." in told
    told = undecidable_sentence([prompt("b", program("rust"))], VerifySection(sandbox="wasi"), 1)
    assert told is not None
    assert "the sandbox wasi runs no rust: b" in told


def test_the_extra_body_may_hold_what_no_option_sets() -> None:
    teacher = TeacherSection(model="m", price=Price(completion=1.0))
    free = GenerateSection(
        sampling=Sampling(extra_body={"top_k": 20, "chat_template_kwargs": {"enable_thinking": True}})
    )
    check_sampling(teacher, free, None)
    with pytest.raises(RecipeError, match="'stream', which distill sets"):
        check_sampling(teacher, GenerateSection(sampling=Sampling(extra_body={"stream": True})), None)
