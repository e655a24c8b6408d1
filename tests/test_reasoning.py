import pytest

from distill import reasoning
from distill.reasoning import Parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<think>\n2+2\n</think>\n\n4", Parts("2+2", "4", True)),
        ("2+2\n</think>\n\n4", Parts("2+2", "4", True)),  # the opening tag was in the prompt
        ("4", Parts(None, "4", True)),
        ("<think>2+2", Parts("2+2", "", False)),
        ("<think>a</think>b<think>c</think>d", Parts("a</think>b<think>c", "d", True)),
        ("<think>a</think>4<think>wait", Parts("a</think>4<think>wait", "", False)),
        ("hm <think>a</think>4", Parts("hm \na", "4", True)),
        ("<think> a </think> <answer>4</answer>", Parts("a", "<answer>4</answer>", True)),
        ("<think>\n\n</think>\n\n4", Parts("", "4", True)),
        ("4\n<think>\nwait", Parts("4\n\n\nwait", "", False)),
        ("", Parts(None, "", True)),
    ],
)
def test_an_answer_is_what_follows_the_last_closing_tag(text: str, expected: Parts) -> None:
    assert reasoning.split(text) == expected


@pytest.mark.parametrize(
    ("text", "thoughts", "answer"),
    [
        ("<think>a</think>The tag `</think>` closes it. \\boxed{4}", "a", "The tag `</think>` closes it. \\boxed{4}"),
        ("<think>a</think>4, then `<think>b</think>` again", "a", "4, then `<think>b</think>` again"),
        ('<think>a</think>print("</think>")  # 4', "a", 'print("</think>")  # 4'),
        ("<think>a</think>It ends in '</think>'.", "a", "It ends in '</think>'."),
        ("<think>a</think>It ends in “</think>”, 4", "a", "It ends in “</think>”, 4"),
        ("<think>a</think>``</think>`` ends it", "a", "``</think>`` ends it"),
        ("<think>a</think>Models write <think> first. 4", "a", "Models write <think> first. 4"),
        ("Models write <think> first. \\boxed{4}", None, "Models write <think> first. \\boxed{4}"),
        ("Models write `<think>` and `</think>`. 4", None, "Models write `<think>` and `</think>`. 4"),
        ("Use the <reasoning> tag. 4", None, "Use the <reasoning> tag. 4"),
        ("Put it into [THINK] and [/THINK]: 4", None, "Put it into [THINK] and [/THINK]: 4"),
        ("<think>`</think>` ends it, so 5? No.\n</think>\n\n4", "`</think>` ends it, so 5? No.", "4"),
        ('<think>he said "yes"</think>"Yes"', 'he said "yes"', '"Yes"'),
        ("<think>don't</think>'tis", "don't", "'tis"),
        ("I write `<think>` hm\n</think>\n\n4", "I write `<think>` hm", "4"),
    ],
)
def test_a_tag_that_is_only_spoken_of_is_text(text: str, thoughts: str | None, answer: str) -> None:
    assert reasoning.split(text) == Parts(thoughts, answer, True)


@pytest.mark.parametrize(
    "text",
    [
        "<think>I end with `</think>` and \\boxed{5}. Hm",
        '<think>"</think>" then \\boxed{5}',
        "<think>\\boxed{5}? wait",
        "[THINK]\\boxed{5}? wait",
        "analysisWe get \\boxed{5}? Wait",
        "<|channel|>analysis<|message|>\\boxed{5}<|end|><|start|>assistant<|channel|>commentary<|message|>so",
        "<thought>\n\\boxed{5}</think>",
        "<|im_start|>think\n\\boxed{5}? wait",
        "<Thought>\n\\boxed{5}? wait",
    ],
)
def test_an_answer_that_is_quoted_while_thinking_is_not_given(text: str) -> None:
    parts = reasoning.split(text)
    assert (parts.answer, parts.is_finished) == ("", False)
    assert parts.reasoning


@pytest.mark.parametrize(
    ("text", "thoughts", "answer"),
    [
        ("[THINK]2+2[/THINK]4", "2+2", "4"),
        ("<thought>\n2+2\n</thought>\n4", "2+2", "4"),
        ("<thinking>2+2</thinking>\n\n4", "2+2", "4"),
        ("\n<reasoning>\n2+2\n</reasoning>\n4", "2+2", "4"),
        ("<seed:think>2+2</seed:think>4", "2+2", "4"),
        ("2+2</seed:think>4", "2+2", "4"),
        ("◁think▷2+2◁/think▷4", "2+2", "4"),
        ("<|begin_of_thought|>2+2<|end_of_thought|>\n<|begin_of_solution|>4<|end_of_solution|>", "2+2", "4"),
        ("<thinking>2+2</thinking>\n<output>\n4\n</output>", "2+2", "4"),
        ("<Thought>\n2+2\n</Thought>\n<Output>\n4\n</Output>", "2+2", "4"),
        ("<|im_start|>think\n2+2\n<|im_start|>answer\n4<|im_end|>", "2+2", "4"),
        ("## Thinking\n\n2+2\n\n## Final Response\n\n4", "2+2", "4"),
        ("## Thinking\n\nI think about 4.", None, "## Thinking\n\nI think about 4."),
        ("<|START_THINKING|>2+2<|END_THINKING|><|START_RESPONSE|>4<|END_RESPONSE|>", "2+2", "4"),
        ("<|START_THINKING|>2+2<|END_THINKING|><|START_TEXT|>4<|END_TEXT|>", "2+2", "4"),
        ("<|channel>thought\n2+2<channel|>4", "2+2", "4"),
        ("<longcat_think>2+2</longcat_think>4", "2+2", "4"),
        ("<|inner_prefix|>2+2<|inner_suffix|>4", "2+2", "4"),
        ("Here is my thought process:\n2+2\n\nHere is my response:\n4", "2+2", "4"),
        ("Here's my thought process: 2+2 Here's my response: 4", "2+2", "4"),
        ("Here is my thought process: 2+2 is 4.", None, "Here is my thought process: 2+2 is 4."),
        (
            "<|channel|>analysis<|message|>2+2<|end|><|start|>assistant<|channel|>final<|message|>4<|return|>",
            "2+2",
            "4",
        ),
        ("<|start|>assistant<|channel|>final<|message|>4", None, "4"),
        (
            "<|channel|>analysis<|message|>2+2<|end|><|start|>assistant<|channel|>commentary<|message|>is"
            "<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>4<|return|>",
            "2+2\nis",
            "4",
        ),
        ("analysisWe add.assistantfinal4", "We add.", "4"),
        ("analysisWe add.assistantcommentarySo.assistantfinal4", "We add.assistantcommentarySo.", "4"),
        ("analysis of it: 4", None, "analysis of it: 4"),
        ("[THINK]use <think>5</think>[/THINK]4", "use <think>5</think>", "4"),
        ("[THINK]a[/THINK]Write `[/THINK]`. 4", "a", "Write `[/THINK]`. 4"),
    ],
)
def test_reasoning_is_known_by_the_marks_of_many_teachers(text: str, thoughts: str | None, answer: str) -> None:
    assert reasoning.split(text) == Parts(thoughts, answer, True)


@pytest.mark.parametrize(
    ("thoughts", "content", "expected"),
    [
        ("so", "4", Parts("so", "4", True)),
        ("so", "<think>so</think>4", Parts("so", "4", True)),
        ("so", "<think>\n\n</think>\n\n4", Parts("so", "4", True)),
        ("so", "\n</think>\n\n4", Parts("so", "4", True)),
        ("so", "<think>and more</think>4", Parts("so\nand more", "4", True)),
        ("<think>\nso\n</think>", "4", Parts("so", "4", True)),
        ("so", "", Parts("so", "", False)),
        ("so", "[/THINK]4", Parts("so", "4", True)),
        ("so", "Write `</think>`. 4", Parts("so", "Write `</think>`. 4", True)),
        ("so", "The tag </think> ends it: 4", Parts("so", "The tag </think> ends it: 4", True)),
        ("I write ", " and \\boxed{5}?\n</think>\n\n4", Parts("I write\nand \\boxed{5}?", "4", True)),
        ("so", "<think>5? wait", Parts("so\n5? wait", "", False)),
    ],
)
def test_reasoning_in_a_field_of_its_own_needs_no_tags(thoughts: str, content: str, expected: Parts) -> None:
    assert reasoning.merged(thoughts, content) == expected


def test_joining_and_splitting_gives_the_same_parts() -> None:
    assert reasoning.split(reasoning.join("because", "42")) == Parts("because", "42", True)


@pytest.mark.parametrize("answer", ["It ends in `</think>`.", 'Write "<think>" first.', "Use <think> here.", "42"])
def test_a_split_answer_stays_as_it_is(answer: str) -> None:
    parts = reasoning.split(reasoning.join("because", answer))
    assert parts.answer == answer
    assert reasoning.split(parts.answer) == Parts(None, answer, True)


def test_a_completion_without_reasoning_still_carries_empty_tags() -> None:
    assert reasoning.join(None, "hi") == "<think>\n\n</think>\n\nhi"
