"""Rows as public datasets of traces write them, two or three of each kind; every word is our own."""

from collections.abc import Callable
from typing import NamedTuple

Rows = list[dict[str, object]]
THOUGHT = "Let me see. Two apples and two pears are four pieces of fruit, as I count one, two, three, four of them. "
ASKED = (
    "How many pieces of fruit are two apples and two pears?",
    "How many legs have eight cats and a bird, all told?",
)
ANSWERS = ("4", "34")


class Shape(NamedTuple):
    """How rows are written, and what should be read of them."""

    rows: Rows
    roles: str
    num_traces: int = 1


def rows_of(make: Callable[[str, str], dict[str, object]]) -> Rows:
    """A row for each question and its answer."""
    return [make(asked, answer) for asked, answer in zip(ASKED, ANSWERS, strict=True)]


def said(answer: str) -> str:
    """What a model answers, without reasoning."""
    return f"Counting them one after the other, as one should, gives \\boxed{{{answer}}}."


def tagged(answer: str) -> str:
    """What a model answers with its reasoning in front."""
    return f"<think>\n{THOUGHT}\n</think>\n\n{said(answer)}"


def turns(asked: str, reply: str, keys: tuple[str, str] = ("role", "content")) -> list[dict[str, str]]:
    """A conversation of two turns."""
    names = ("user", "assistant") if keys[0] == "role" else ("human", "gpt")
    return [{keys[0]: name, keys[1]: text} for name, text in zip(names, (asked, reply), strict=True)]


SHAPES: dict[str, Shape] = {
    "a conversation with marked thoughts": Shape(
        rows_of(lambda q, a: {"system": "Think first.", "conversations": turns(q, tagged(a), ("from", "value"))}),
        "prompt ← conversations, trace ← conversations",
    ),
    "a teacher's reasoning and solution in two columns": Shape(
        rows_of(lambda q, a: {
            "problem": q, "deepseek_reasoning": THOUGHT, "deepseek_solution": said(a),
            "ground_truth_solution": f"Count: \\boxed{{{a}}}", "domain": "math",
        }),
        "prompt ← problem, reference ← ground_truth_solution, reasoning ← deepseek_reasoning, "
        "trace ← deepseek_solution, domain ← domain",
    ),
    "several traces a row, each with its label and its end": Shape(
        rows_of(lambda q, a: {
            "problem": q, "solution": f"Thus \\boxed{{{a}}}", "answer": a, "generations": [tagged(a), tagged("7")],
            "correctness_math_verify": [True, False], "finish_reasons": ["stop", "length"], "correctness_count": 1,
            "messages": turns(q, tagged(a)),
        }),
        "prompt ← problem, reference ← answer, trace ← generations[], label ← correctness_math_verify[], "
        "finish ← finish_reasons[]",
        num_traces=2,
    ),
    "two teachers side by side, each with its grade": Shape(
        rows_of(lambda q, a: {
            "question": q, "solution": a, "gemini_thinking_trajectory": THOUGHT, "gemini_attempt": said(a),
            "deepseek_thinking_trajectory": THOUGHT, "deepseek_attempt": said("7"), "gemini_grade": "Yes",
            "deepseek_grade": "No", "gemini_grade_reason": "It is.",
        }),
        "prompt ← question, reference ← solution, reasoning ← gemini_thinking_trajectory, trace ← gemini_attempt, "
        "label ← gemini_grade, reasoning ← deepseek_thinking_trajectory, trace ← deepseek_attempt, "
        "label ← deepseek_grade",
        num_traces=2,
    ),
    "models in structs of their own": Shape(
        rows_of(lambda q, a: {
            "question": q, "answer": a, "small": {"solution": said("7"), "is_correct": False},
            "large": {"solution": said(a) * 4, "is_correct": True},
        }),
        "prompt ← question, reference ← answer, trace ← large.solution, label ← large.is_correct, "
        "trace ← small.solution, label ← small.is_correct",
        num_traces=2,
    ),
    "the answer in the struct of the user's turn": Shape(
        rows_of(lambda q, a: {"messages": [
            {"role": "user", "content": q, "info": {"source": "fruit", "reference_answer": a}},
            {"role": "assistant", "content": tagged(a), "info": {"source": None, "answer_content": said(a)}},
        ]}),
        "prompt ← messages, reference ← messages.user.info.reference_answer, trace ← messages, "
        "source ← messages.user.info.source",
    ),
    "the answer in JSON text": Shape(
        rows_of(lambda q, a: {
            "prompt": q, "llm_response": tagged(a), "verification_info": f'{{"ground_truth": "{a}"}}', "score": 1.0,
        }),
        "prompt ← prompt, reference ← verification_info.ground_truth, trace ← llm_response, label ← score",
    ),
    "a reasoning and an answer that a model wrote, with no reference": Shape(
        rows_of(lambda q, a: {
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": q}],
            "reasoning": THOUGHT, "answer": said(a), "model": "teacher",
        }),
        "prompt ← messages, reasoning ← reasoning, trace ← answer",
    ),
    "a reply beside its conversation": Shape(
        rows_of(lambda q, a: {"instruction": q, "response": said(a),
                              "conversations": turns(q, said(a), ("from", "value"))}),
        "prompt ← conversations, trace ← response",
    ),
    "an output whose input is a conversation": Shape(
        rows_of(lambda q, a: {
            "input": [{"role": "user", "content": q}], "output": tagged(a), "category": "math",
            "license": "cc-by-4.0", "system_prompt": "detailed thinking on",
        }),
        "prompt ← input, trace ← output, domain ← category, license ← license",
    ),
    "instructions": Shape(
        rows_of(lambda q, a: {"instruction": "Count.", "input": q, "output": said(a)}),
        "prompt ← instruction + input, trace ← output",
    ),
    "options, a letter, and what another letter was predicted": Shape(
        rows_of(lambda q, a: {
            "question": q, "options": ["4", "34", "7"], "answer_letter": "A", "reasoning": THOUGHT,
            "answer_text": said(a) * 2, "predicted_letter": "B", "verification_status": "matched", "total_tokens": 90,
        }),
        "prompt ← question, reference ← answer_letter, choices ← options, reasoning ← reasoning, trace ← answer_text, "
        "label ← verification_status, num_tokens ← total_tokens",
    ),
    "a long solution, of which nobody says who wrote it, and a short answer": Shape(
        rows_of(lambda q, a: {"question": q, "solution": f"{THOUGHT * 3}\\boxed{{{a}}}", "answer": a}),
        "prompt ← question, reference ← answer, trace ← solution",
    ),
    "the reply of an endpoint": Shape(
        rows_of(lambda q, a: {
            "params": {"input": [{"role": "user", "content": q, "type": "message"}]},
            "response": {"output": [
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": THOUGHT}]},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": said(a)}]},
            ], "usage": {"output_tokens": 40}},
            "reward": 1.0, "expected_answer": a,
        }),
        "prompt ← params.input, reference ← expected_answer, trace ← response, label ← reward, "
        "num_tokens ← response.usage.output_tokens",
    ),
    "replies that letters tell apart": Shape(
        rows_of(lambda q, a: {"question": f"{q}\n(A) 4\n(B) 34", "response_A": said(a), "response_B": said("7"),
                              "score_A": 1, "score_B": 0, "label": "A>B"}),
        "prompt ← question, trace ← response_A, label ← score_A, trace ← response_B, label ← score_B",
        num_traces=2,
    ),
    "a pair of preferences": Shape(
        rows_of(lambda q, a: {"prompt": q, "chosen": turns(q, said(a)), "rejected": turns(q, said("7"))}),
        "prompt ← prompt, trace ← chosen, trace ← rejected",
        num_traces=2,
    ),
    "a dataset of ours": Shape(
        rows_of(lambda q, a: {
            "id": q[:9], "prompt": [{"role": "user", "content": q}],
            "completion": [{"role": "assistant", "content": tagged(a)}], "messages": turns(q, tagged(a)),
            "domain": "math", "source": "fruit", "license": "mit", "language": "en", "answer": a, "num_tokens": 50,
            "reference": {"answer": a, "choices": None, "tests": None, "constraints": None, "scorer": None},
        }),
        "prompt ← prompt, reference ← reference, trace ← completion, num_tokens ← num_tokens, domain ← domain, "
        "source ← source, license ← license, language ← language",
    ),
}  # fmt: skip
