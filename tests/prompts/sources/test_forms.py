"""How rows are read for which no preset was named."""

import pytest

from distill.errors import InputError
from distill.prompts.normalise import SetAside, normalise
from distill.prompts.sources.first_rows import FirstRows, words
from distill.prompts.sources.forms import FoundForm, form_of
from distill.records import Prompt
from distill.references import Answer, AssertTests, Choice, Reference, StdinTests
from distill.rows.parse import Row

MESSAGES = [{"role": "user", "content": "What is 2+3?"}, {"role": "assistant", "content": "\\boxed{5}"}]
LETTERED = "Which is even?\nA. 3\nB. 4"
EVEN = Choice(answer="B", choices=("3", "4"))


def form(*rows: Row, **mapped: str) -> FoundForm:
    return form_of(FirstRows(rows), mapped, "rows.jsonl")


def read(row: Row, **mapped: str) -> Prompt | SetAside:
    return normalise(row, form(row, **mapped).preset, "rows")


def made(row: Row, **mapped: str) -> tuple[str, Reference | None]:
    prompt = read(row, **mapped)
    assert isinstance(prompt, Prompt), prompt
    return prompt.messages[-1].content, prompt.reference


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "What is 2+3?", "answer": 5},
        {"prompt": [{"role": "user", "content": "What is 2+3?"}], "final_answer": "5"},
        {"prompt": [{"from": "human", "value": "What is 2+3?"}], "solution": "2+3 is \\boxed{5}"},
        {"messages": MESSAGES, "ground_truth": "5", "dataset": "sums"},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is 2+3?"}]}], "answer": "5"},
        {"conversations": [{"from": "human", "value": "What is 2+3?"}], "answer": "5"},
        {"system_prompt": "Be brief.", "input": [{"role": "user", "content": "What is 2+3?"}], "golden_answer": "5"},
        {"problem": "What is 2+3?", "ground_truth_solution": "2+3 is \\boxed{5}"},
        {"Problem ID": "s1", "Problem": "What is 2+3?", "Short Answer": "5", "Category": "sums"},
        {"problem": "What is 2+3?", "solution": "It is \\boxed{5}.", "level": "1"},
        {"question": "What is 2+3?", "answer": "2+3 = <<2+3=5>>5\n#### 5"},
        {"Query": "What is 2+3?", "expected_answer": ["5"], "model_answer": "6"},
        {"problem": "What is 2+3?", "answer": '["5"]', "solution": ["Long ago there were two."]},
        {"sQuestion": "What is 2+3?", "lSolutions": [5.0], "lEquations": ["2+3"]},
        {"question": {"stem": "What is 2+3?"}, "target": "5"},
        {"instruction": "What is 2+3?", "input": "", "output": "5"},
        {"sum_7": {"question": "What is 2+3?", "answer": "5"}},
        {"题目": "What is 2+3?", "答案": "5"},
    ],
)
def test_a_problem_with_its_answer_is_found_under_the_names_that_people_use(row: Row) -> None:
    rows = [row, {"sum_8": row["sum_7"]}] if "sum_7" in row else [row]
    prompt = normalise(row, form(*rows).preset, "rows")
    assert isinstance(prompt, Prompt)
    assert (prompt.messages[0].content, prompt.reference) == ("What is 2+3?", Answer(value="5"))


@pytest.mark.parametrize(
    "row",
    [
        {"question": "Which is even?", "choices": ["3", "4"], "answer": 1},
        {"question": "Which is even?", "options": ["A)3", "B)4"], "correct": "B"},
        {"question": "Which is even?", "options": {"A": "3", "B": "4"}, "answer": "4", "answer_idx": "B"},
        {"question": "Which is even?", "options": "A) 3 B) 4", "Answer": "B"},
        {"question": {"stem": "Which is even?", "choices": [{"label": "A", "text": "3"}, {"label": "B", "text": "4"}]},
         "answerKey": "B"},
        {"question": "Which is even?", "choices": {"text": ["3", "4"], "label": ["1", "2"]}, "answerKey": "2"},
        {"question": "Which is even?", "A": "3", "B": "4", "answer": "B"},
        {"question": "Which is even?", "opa": "3", "opb": "4", "cop": 1},
        {"question": "Which is even?", "option1": "3", "option2": "4", "answer": "2"},
        {"question": LETTERED, "answer": "4", "choice_answer": "B"},
        {"input": LETTERED, "target": "(B)"},
        {"question": LETTERED, "options": None, "label": "B"},
    ],
)  # fmt: skip
def test_options_are_found_wherever_they_stand(row: Row) -> None:
    assert made(row) == (LETTERED if "\n" in str(row.get("question", "\n")) else "Which is even?\n\nA. 3\nB. 4", EVEN)


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"problem": "Print.", "tests": [{"input": "1", "output": "2"}]}, StdinTests),
        ({"problem": "Print.", "input_output": '{"inputs": ["1"], "outputs": ["2"]}'}, StdinTests),
        ({"problem": "Print.", "test_cases": ["assert f(1) == 2"]}, AssertTests),
        ({"problem": "Print.", "test_cases": '["assert f(1) == 2"]'}, AssertTests),
        ({"problem": "Print.", "tests": {"functional": "assert Solution().f(1) == 2"}}, AssertTests),
        ({"prompt": "def f():", "test": "def check(c):\n    assert c(1)", "entry_point": "f"}, AssertTests),
        ({"prompt": "Print.", "tests": {"cases": [{"stdin": "1", "stdout": "2"}]}}, StdinTests),
    ],
)
def test_tests_are_read_in_their_usual_shapes(row: Row, kind: type) -> None:
    assert isinstance(made(row)[1], kind)


def test_verl_rows_have_answer_domain_and_source() -> None:
    row = {
        "data_source": "sums",
        "prompt": [{"role": "user", "content": "What is 2+3?"}],
        "ability": "MATH",
        "reward_model": {"style": "rule", "ground_truth": "5"},
        "extra_info": {"index": 1, "answer": "five"},
    }
    found = form(row)
    assert found.said() == "verl rows: prompt ← prompt, domain ← ability, answer ← reward_model.ground_truth"
    prompt = read(row)
    assert isinstance(prompt, Prompt)
    assert (prompt.source, prompt.domain, prompt.reference) == ("sums", "math", Answer(value="5"))


def test_verl_rows_may_carry_tests_as_ground_truth() -> None:
    row = {
        "data_source": "codes",
        "prompt": [{"role": "user", "content": "Print."}],
        "ability": "unheard of",
        "reward_model": {"ground_truth": '{"inputs": ["1"], "outputs": ["2"]}'},
    }
    prompt = read(row)
    assert isinstance(prompt, Prompt)
    assert (type(prompt.reference), prompt.domain) == (StdinTests, "code")


def test_objects_are_no_answers_and_it_is_said_which_value_may_be_one() -> None:
    row = {"data_source": "k", "prompt": "Who?", "reward_model": {"ground_truth": {"text": "Zoe", "names": ["Zoe"]}}}
    found = form(row)
    assert "answer" not in found.preset.columns
    assert "--map answer=reward_model.ground_truth.text" in found.notes[0]
    with pytest.raises(InputError, match="holds objects"):
        form(row, answer="reward_model.ground_truth")
    assert made(row, answer="reward_model.ground_truth.text")[1] == Answer(value="Zoe")


@pytest.mark.parametrize("reply", ["Paris is the capital of France.", "A long tale."])
def test_replies_are_no_references(reply: str) -> None:
    assert made({"instruction": "Tell.", "input": "", "output": reply})[1] is None
    assert (
        made({"messages": [{"role": "user", "content": "Tell."}, {"role": "assistant", "content": reply}]})[1] is None
    )


def test_a_reply_that_marks_its_answer_is_one() -> None:
    rows: list[Row] = [{"instruction": "Sum?", "output": "So \\boxed{5}"}, {"instruction": "Why?", "output": "So."}]
    preset = form(*rows).preset
    found = [normalise(row, preset, "rows") for row in rows]
    assert [prompt.reference for prompt in found if isinstance(prompt, Prompt)] == [Answer(value="5"), None]


@pytest.mark.parametrize(
    ("row", "asked"),
    [
        ({"passage": "Tom has 2 cats.", "question": "How many?", "answer": "2"}, "Tom has 2 cats.\n\nHow many?"),
        ({"Body": "Tom has 2 cats.", "Question": "How many?", "Answer": 2.0}, "Tom has 2 cats.\n\nHow many?"),
        ({"context": ["Tom.", "2 cats."], "question": "How many?", "answer": "2"}, "Tom.\n2 cats.\n\nHow many?"),
        ({"instruction": "Add.", "input": "2, 3", "output": "5"}, "Add.\n\n2, 3"),
        ({"instruction": "Add.", "instances": [{"input": "2, 3", "output": "5"}]}, "Add.\n\n2, 3"),
    ],
)
def test_what_a_question_is_about_stands_with_it(row: Row, asked: str) -> None:
    assert made(row)[0] == asked


def test_a_map_wins_and_it_is_said_what_it_leaves_out() -> None:
    row = {"passage": "Tom has 2 cats.", "question": "How many?", "answer": "2"}
    assert made(row, prompt="question")[0] == "How many?"
    assert "--map prompt=passage+question" in form(row, prompt="question").notes[0]
    assert made(row, prompt="passage+question")[0] == "Tom has 2 cats.\n\nHow many?"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"question": "a?", "problem": "b?"}, r"problems in `question` or `problem`.*--map prompt=question"),
        (
            {"question": "a?", "answer": "1", "target": "2"},
            r"answers in `answer` or `target`, which differ.*--map answer=",
        ),
        ({"Vraag": "Hoeveel is 2+3?", "Nr": 7}, r"no column that is a problem.*Vraag, Nr.*--map prompt=Vraag"),
        ({"Find the degree of the given extension over Q.": "b", "0": "4"}, "a row where the names"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_map_that_tells_it(row: Row, message: str) -> None:
    with pytest.raises(InputError, match=message):
        form(row)


def test_columns_that_agree_are_no_contradiction() -> None:
    assert made({"question": "a?", "answer": "so\n#### 2", "final_answer": "2"})[1] == Answer(value="2")


def test_prompt_rows_are_left_as_they_are() -> None:
    found = form({"id": "1", "prompt": "Why?", "context": "mine"}, {"prompt": "2+2?", "answer": "4"})
    assert found.is_own
    assert form({"prompt": "Why?", "gold": "so"}).is_own is False


def test_classes_are_no_answers() -> None:
    assert made({"text": "A fine film.", "label": 1})[1] is None
    assert made({"messages": MESSAGES, "label": True})[1] is None


def test_names_are_taken_apart() -> None:
    assert words("questionText") == ("question", "text")
    assert words("option_a1") == ("option", "a", "1")


def test_a_missing_column_names_the_nearest() -> None:
    rows = FirstRows([{"reward_model": {"ground_truth": "1"}, "Q": "x"}])
    told = str(rows.missing("f.jsonl", "ground_truth", "--map answer=ground_truth names"))
    assert "did you mean `reward_model.ground_truth`?" in told
    assert "Its columns are reward_model, reward_model.ground_truth, Q." in told


def test_what_stands_in_the_question_already_is_not_repeated() -> None:
    row = {"Body": "Tom has 2 cats.", "Question": "Tom has 2 cats. How many?", "Answer": "2"}
    assert made(row)[0] == "Tom has 2 cats. How many?"


def test_tests_in_another_language_are_none_of_python() -> None:
    row = {"prompt": "int f() {", "test": "}\nint main() {\n    assert(f() == 1);\n}"}
    assert made(row)[1] is None


def test_an_answer_in_several_spellings_is_one() -> None:
    row = {"problem_text": "Sum?", "answer_number": "5", "answer_latex": " 5 ", "unit": "m"}
    assert made(row)[1] == Answer(value="5")
