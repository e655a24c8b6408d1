"""The names under which people keep problems, answers, options and tests: data, in lower-case words. Pure."""

import re

Words = tuple[str, ...]

PROBLEM_NOUNS = frozenset({"question", "problem", "query", "statement", "stem", "prompt"})
BEFORE_PROMPTS = frozenset({"system", "sys", "judge", "grader", "negative"})
"""A `system_prompt` asks nothing."""
PROBLEMS = frozenset({"question", "problem", "query", "questioncontent", "questiontext", "questionstem", "stem",
                      "problemstatement", "problemtext", "题目", "问题"})  # fmt: skip
CONVERSATIONS = frozenset({"messages", "conversations", "conversation", "turns", "dialog", "dialogue"})
TEXTS = frozenset({"input", "text", "content", "task", "body"})
"""Names that say little: taken for a problem where nothing else can be one."""
PASSAGES = frozenset({"passage", "context", "article", "body", "background", "story"})
"""What a question is about; shown above it."""
ANSWERS = frozenset({
    "answer", "answers", "gold", "target", "label", "correct", "key", "cop", "answerkey", "answeridx",
    "answerindex", "answerid",
    "answerletter", "answerchoice", "correctoption", "correctindex", "correctidx", "correctchoice", "correctkey",
    "goldlabel", "goldindex", "groundtruth", "goldtruth", "goldtarget", "groundtruthanswer", "答案",
})  # fmt: skip
ANSWER_KINDS = frozenset({"final", "correct", "expected", "short", "gold", "true", "reference", "right", "choice",
                          "target", "numeric", "numerical", "exact", "verified", "best", "gt", "golden"})  # fmt: skip
"""Before `answer`; a `model answer` or a `wrong answer` is no reference."""
ANSWER_FORMS = frozenset({"number", "value", "text", "latex", "string", "letter", "key", "idx", "index", "id"})
"""Behind `answer`."""
LABELS = frozenset({"label", "key", "cop", "correct", "correctoption"})
"""Answers only where there are options; else classes, or whether something is right."""
SOLUTIONS = frozenset({"solution", "solutions", "rationale", "explanation", "fullsolution", "goldsolution",
                       "groundtruthsolution", "goldstandardsolution", "referencesolution"})  # fmt: skip
"""Worked solutions, whose final answer is taken."""
REPLIES = frozenset({"output", "response", "completion", "reply", "reference"})
OPTIONS = frozenset({"choices", "options", "answerchoices", "answeroptions", "optionlist", "candidates", "mcoptions"})
TESTS = frozenset({"tests", "testcases", "inputoutput", "testlist", "unittests", "officialtests", "publictests",
                   "privatetests", "test", "testlists", "asserts", "testcase"})  # fmt: skip
IDS = frozenset({"id", "problemid", "questionid", "taskid", "uniqueid", "uuid", "uid", "key"})
_LETTERED = re.compile(r"(?:option|choice|opt|op)?([a-j])")
_NUMBERED = re.compile(r"(?:option|choice|opt|ending)([0-9])")
_WRONG = re.compile(r"(?:distractor|incorrectanswer|wronganswer)s?\d?")


def is_problem(found: Words) -> bool:
    """Of a name that is a problem's own."""
    return "".join(found) in PROBLEMS


def is_kind_of_problem(found: Words) -> bool:
    """`Original Problem`, `informal_statement`, `sQuestion`."""
    return bool(found) and found[-1] in PROBLEM_NOUNS and found[0] not in BEFORE_PROMPTS


def is_answer(found: Words) -> bool:
    """`answer`, `Short Answer`, `answer_number`, `gold`, `ground_truth`."""
    match found:
        case (*_, kind, "answer") if kind in ANSWER_KINDS:
            return True
        case ("answer", form) if form in ANSWER_FORMS:
            return True
    return "".join(found) in ANSWERS


def is_solution(found: Words) -> bool:
    """`solution`, `lSolutions`."""
    return "".join(found) in SOLUTIONS or (len(found) == 2 and len(found[0]) == 1 and found[1] in SOLUTIONS)


def option_label(found: Words) -> str | None:
    """`A` of `A`, `option_a` and `opa`; `1` of `option1`; None of another name."""
    name = "".join(found)
    match = _LETTERED.fullmatch(name) or _NUMBERED.fullmatch(name)
    return match[1].upper() if match else None


def is_wrong_option(found: Words) -> bool:
    """`distractor1`, `Incorrect Answer 2`."""
    return _WRONG.fullmatch("".join(found)) is not None
