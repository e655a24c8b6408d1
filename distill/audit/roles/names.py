"""The names under which people keep traces, labels and counts: data, in lower-case words. Pure."""

from distill.prompts.sources.first_rows import words
from distill.prompts.sources.names import Words, is_answer

MAKERS = frozenset({
    "deepseek", "gemini", "gpt", "chatgpt", "openai", "claude", "qwen", "qwq", "llama", "mistral", "mixtral", "gemma",
    "phi", "kimi", "glm", "grok", "nemotron", "minimax", "opus", "sonnet", "chosen", "rejected",
})  # fmt: skip
"""Who wrote what stands in a column, wherever its name has them; of a pair of preferences both."""
WRITTEN = frozenset({
    "model", "llm", "generated", "predicted", "pred", "assistant", "teacher", "student", "reannotated", "distilled",
    "synthetic", "sampled",
})  # fmt: skip
"""In front of a name: a model wrote what stands there."""
ADJECTIVES = frozenset("raw full long complex complete original annotated final first best".split())
REASONINGS = frozenset({
    "reasoning", "reasonings", "thinking", "thought", "thoughts", "think", "cot", "cots", "chainofthought",
    "scratchpad", "trajectory", "trajectories", "reasoningcontent", "thinkcontent", "thinkingcontent", "reasoningtrace",
    "reasoningtraces", "thinkingtrace", "thinkingtraces", "thinkingtrajectory", "thinkingtrajectories",
    "thinkingprocess", "reasoningprocess", "thoughtprocess", "reasoningtext", "thinkingtext", "reasoningsteps",
})  # fmt: skip
TRACES = frozenset({
    "output", "outputs", "response", "responses", "completion", "completions", "generation", "generations", "reply",
    "replies", "prediction", "predictions", "rollout", "rollouts", "sample", "samples", "attempt", "attempts", "trace",
    "traces", "assistant", "assistantcontent", "assistantresponse", "responsetext", "outputtext", "completiontext",
    "answercontent", "modeloutput", "modelresponse", "chosen", "rejected",
})  # fmt: skip
"""A trace by its name, whoever wrote it."""
SOLUTIONS = frozenset({"solution", "solutions", "answer", "answers", "explanation", "rationale", "proof", "program"})
"""A trace where nothing else can be one."""
SOLVED = SOLUTIONS | {"answertext", "proofs", "code", "text", "content", "result", "solutiontext"}
"""A trace where a maker's name stands before it, or where a reasoning stands beside it."""
JUDGED = frozenset({"correct", "correctness", "verified", "right", "passed", "success", "grade", "verdict", "judgement",
                    "judgment", "matched", "verification", "result"})  # fmt: skip
SCORES = frozenset({"score", "scores", "reward", "rewards", "accuracy", "acc", "finalscore", "totalscore"})
"""Labels where the name says nothing else: a `render_score` is a part of one."""
NO_LABELS = frozenset(
    "count num number reason mean rate threshold info avg average std metadata guidelines prompt index idx model "
    "rubric max total".split()
)
FINISHES = ("finishreason", "finishreasons", "stopreason", "stopreasons", "donereason")
CUT = ("truncated", "istruncated", "wastruncated")
WHOLE = ("isreasoningcomplete", "iscomplete", "isfinished", "iscompleted")
COUNTS = (
    "numtokens", "generatedtokencount", "completiontokens", "numcompletiontokens", "outputtokens", "numoutputtokens",
    "generatedtokens", "responsetokens", "tokencount", "tokens", "ntokens", "totaltokens",
)  # fmt: skip
"""Best first: those behind may count the prompt as well."""
DOMAINS = ("domain", "ability", "subject", "category", "tasktype", "problemtype", "cottype", "topic", "subset", "task")
SOURCES = ("source", "datasource", "problemsource", "sourcedataset", "sourcetype", "datasetname", "dataset", "origin")
LICENSES = ("license", "licence")
LANGUAGES = ("language", "lang")


def is_reasoning(column: str) -> bool:
    """`reasoning`, `deepseek_thinking_trajectory`, `Complex_CoT`."""
    return _bare(words(column)) in REASONINGS


def is_trace(column: str) -> bool:
    """`output`, `llm_response`, `generations`, `deepseek_solution`, `model_prediction.proof`."""
    name = _bare(words(column))
    return name in TRACES or "".join(words(column)) in TRACES or (is_written(column) and name in SOLVED)


def is_solved(column: str) -> bool:
    """What may follow a reasoning: `answer`, `answer_text`, `solution`."""
    return _bare(words(column)) in SOLVED


def is_written(column: str) -> bool:
    """Whether a name says that a model wrote what stands there: `generated_solution`, `predicted_letter`."""
    parts = [words(part) for part in column.split(".")]
    return any(part[:1] != () and (part[0] in WRITTEN or maker(part)) for part in parts)


def maker(found: Words) -> Words:
    """The words of a name that say who wrote it.

    >>> maker(("deepseek", "grade")), maker(("r", "1", "solution"))
    (('deepseek',), ('r', '1'))
    """
    if found[:2] in (("r", "1"), ("o", "1"), ("o", "3")):
        return found[:2]
    return tuple(word for word in found if word in MAKERS)


def author(found: Words) -> Words:
    """The words by which columns of one kind are told apart: who wrote them, else a letter or a number at their end.

    >>> author(("deepseek", "grade")), author(("response", "a")), author(("score", "2"))
    (('deepseek',), ('a',), ('2',))
    """
    is_numbered = len(found) > 1 and (len(found[-1]) == 1 or found[-1].isdecimal())
    return maker(found) or (found[-1:] if is_numbered else ())


def kind(column: str) -> str:
    """A path without who wrote it: columns of several authors have one."""
    parts = [words(part) for part in column.split(".")]
    return ".".join("".join(word for word in part if word not in author(part)) for part in parts)


def parent(column: str) -> str:
    """The struct in which a column stands; nothing at the top."""
    return column.rpartition(".")[0]


def is_label(column: str) -> bool:
    """`correct`, `is_verified`, `deepseek_grade`; no `correct_answer`, no `score_mean`."""
    found = words(column)
    if is_answer(found) and found != ("correct",):
        return False
    if _bare(found) in SCORES:
        return True
    return not JUDGED.isdisjoint(found) and NO_LABELS.isdisjoint(found) and SCORES.isdisjoint(found) and len(found) <= 4


def _bare(found: Words) -> str:
    """A name without makers and adjectives in front."""
    left = [word for word in found if word not in author(found)]
    while len(left) > 1 and left[0] in (ADJECTIVES | WRITTEN):
        left = left[1:]
    return "".join(left)
