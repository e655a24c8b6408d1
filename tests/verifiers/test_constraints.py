import pytest

from distill.records import Message, Outcome, Prompt, Verdict
from distill.references import Constraints
from distill.verifiers.constraints import RULES, ConstraintsVerifier, Undecidable, broken

ENGLISH = "this sentence is plainly written in the english language."
GERMAN = "Dieser Satz ist ganz offensichtlich in deutscher Sprache geschrieben."

CASES: list[tuple[str, dict[str, object], str, str]] = [
    ("keywords:existence", {"keywords": ["Sun", "moon"]}, "The sun and the MOON.", "The sun."),
    ("keywords:existence", {"keywords": ["c++ (new)"]}, "Learn C++ (new)!", "Learn C+ new!"),
    ("keywords:frequency", {"keyword": "ha", "frequency": 3, "relation": "at least"}, "Ha ha ha", "ha ha"),
    ("keywords:frequency", {"keyword": "ha", "frequency": 3, "relation": "less than"}, "ha ha", "ha ha ha"),
    ("keywords:forbidden_words", {"forbidden_words": ["cat"]}, "a category", "A Cat."),
    (
        "keywords:letter_frequency",
        {"letter": "e", "let_frequency": 2, "let_relation": "at least"},
        "Eve",
        "end",
    ),
    ("language:response_language", {"language": "de"}, GERMAN, ENGLISH),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 2, "relation": "at least"},
        "Dr. Who came. He left!",
        "Mr. and Mrs. Who came e.g. by car.",
    ),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 3, "relation": "less than"},
        "Pi is 3.14 or so. Really?",
        "One. Two. Three.",
    ),
    ("length_constraints:number_sentences", {"num_sentences": 2, "relation": "exactly"}, "下雨。在家。", "下雨。"),
    ("length_constraints:number_words", {"num_words": 3, "relation": "at least"}, "one two three", "one two"),
    ("length_constraints:number_words", {"num_words": 3, "relation": "less than"}, "one two", "one two three"),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "a\n***\nb", "a\n\nb"),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "a\n***\nb\n***\n", "a ***\n*** b"),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "then"},
        "First.\n\n\"Then,\" more.",
        "Then.\n\nFirst.",
    ),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[name] at [place]", "[name]"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Bye.\nP. S. Write!", "Bye."),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "Bye.\np.p.s write", "P.S. write"),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* a\n  - b", "* a\n**b**"),
    ("detectable_format:constrained_response", {}, "My answer is maybe.", "Maybe."),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "*a* and **b**", "*a* and ** **"),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "SECTION", "num_sections": 2},
        "SECTION 1\nx\nSECTION 2\ny",
        "SECTION 1\nx",
    ),
    ("detectable_format:json_format", {}, '```json\n{"a": [1, 2]}\n```', '{"a": 1,}'),
    ("detectable_format:json_format", {}, "12345678901234567890" * 500, "NaN"),
    ("detectable_format:json_format", {}, "[]", "[" * 100_000),
    ("detectable_format:title", {}, "<<A poem>>\nRoses", "<<>>\nRoses"),
    ("combination:two_responses", {}, "One.\n******\nTwo.", "One.\n******\nOne."),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Say hi."}, "say hi. Hi!", "Hi! Say hi."),
    ("startend:end_checker", {"end_phrase": "The end."}, 'So it was. "the END."', "The end. No!"),
    ("startend:quotation", {}, ' "all of it" ', '"'),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 2, "capital_relation": "at least"},
        "NASA and ESA",
        "NASA and Esa",
    ),
    ("change_case:english_capital", {}, ENGLISH.upper(), ENGLISH),
    ("change_case:english_lowercase", {}, ENGLISH, ENGLISH.upper()),
    ("change_case:english_lowercase", {}, ENGLISH, GERMAN.lower()),
    ("punctuation:no_comma", {}, "a and b", "a, b"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "good", "bad"), CASES, ids=[f"{n}-{g[:15]}" for n, _, g, _ in CASES])
def test_a_rule_holds_and_breaks(name: str, arguments: dict[str, object], good: str, bad: str) -> None:
    rule = {"id": name, **arguments}
    assert broken(rule, good) is None  # type: ignore[arg-type]
    problem = broken(rule, bad)  # type: ignore[arg-type]
    assert problem is not None
    assert problem.startswith(name)


def test_every_rule_is_tested_and_all_25_of_ifeval_are_there() -> None:
    assert {name for name, *_ in CASES} == set(RULES)
    assert len(RULES) == 25


async def verify(answer: str, *rules: dict[str, object]) -> Verdict:
    prompt = Prompt(
        id="p",
        messages=(Message(role="user", content="?"),),
        domain="general",
        reference=Constraints.model_validate({"rules": rules}),
    )
    verifier = ConstraintsVerifier()
    verdict = await verifier.verify(prompt, answer)
    await verifier.close()
    return verdict


NO_COMMA: dict[str, object] = {"id": "punctuation:no_comma"}
SHORT: dict[str, object] = {"id": "length_constraints:number_words", "num_words": 5, "relation": "less than"}


async def test_an_answer_passes_where_all_rules_hold() -> None:
    assert (await verify("Two words", NO_COMMA, SHORT)).outcome is Outcome.PASS
    verdict = await verify("one, two", NO_COMMA, SHORT)
    assert (verdict.outcome, verdict.reason) == (Outcome.FAIL, "punctuation:no_comma: it has a comma")


async def test_no_answer_fails() -> None:
    assert (await verify(" \n", NO_COMMA)).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "rule",
    [
        {"id": "keywords:sung"},
        {"keywords": ["a"]},
        {"id": "length_constraints:number_words", "num_words": "many", "relation": "at least"},
        {"id": "length_constraints:number_words", "num_words": 5, "relation": "about"},
        {"id": "length_constraints:number_words", "num_words": 5},
        {"id": "punctuation:no_comma", "colour": "red"},
        {"id": "length_constraints:nth_paragraph_first_word", "num_paragraphs": 1, "nth_paragraph": 9, "first_word": 0}
    ],
)  # fmt: skip
async def test_a_rule_that_makes_no_sense_is_no_fault_of_the_answer(rule: dict[str, object]) -> None:
    assert (await verify("A word", rule)).outcome is Outcome.ABSTAIN
    assert (await verify("A, word", rule, NO_COMMA)).outcome is Outcome.FAIL


def test_too_little_text_has_no_language() -> None:
    with pytest.raises(Undecidable, match="too little text"):
        broken({"id": "language:response_language", "language": "en"}, "Yes.")


def test_arguments_that_a_dataset_leaves_empty_do_not_count() -> None:
    row = {"id": "keywords:existence", "keywords": ["a"], "num_words": None, "relation": None}
    assert broken(row, "a") is None  # type: ignore[arg-type]


HUGE = {
    "open fences": "<<" * 200_000,
    "brackets": "[" * 400_000,
    "stars": "*" * 400_000,
    "blank lines": "\n" * 400_000,
    "dots": ". " * 200_000,
    "no break": "a" * 400_000,
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE.keys())
async def test_huge_answers_are_decided_in_linear_time(text: str) -> None:
    """A quadratic check of 400,000 characters would take hours; the suite's own time limit would end it."""
    rules = [{"id": name, **arguments} for name, arguments, _, _ in CASES]
    for rule in rules:
        verdict = await verify(text, rule)
        assert verdict.outcome in (Outcome.PASS, Outcome.FAIL, Outcome.ABSTAIN)
