"""Special judges: every form of saying yes and no is read, and no judge is believed that cannot say both."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from distill.sandbox.plain import encode
from distill.sandbox.supervisor.judging.order import FILES, order_in_text
from distill.sandbox.supervisor.judging.plain_json import plain_json
from distill.sandbox.supervisor.judging.ruling import Said, read_printed, read_value
from distill.sandbox.supervisor.judging.source import read_source
from distill.verifiers.unit_tests.verifier import UnitTests
from tests.sandbox.test_languages import needs_toolchain
from tests.verifiers.programs import on_calls, on_inputs

shared_loop = pytest.mark.asyncio(loop_scope="module")

CHECK = "def check(input, output, expected):\n    "
SAME = "output.split() == expected.split()"
FILES_READ = "import json, sys\na, b, c = (open(name).read() for name in sys.argv[1:])\nsame = b.split() == c.split()\n"
TELLING = {
    "a boolean": CHECK + f"return {SAME}",
    "a score": CHECK + f"return 1.0 if {SAME} else 0.4",
    "a tuple": CHECK + f"return {SAME}, 'because'",
    "a word": CHECK + f"return 'AC' if {SAME} else 'Wrong answer on token 1'",
    "a boolean in words": CHECK + f"return str({SAME})",
    "an object": CHECK + f"return {{'status': 'success', 'score': int({SAME})}}",
    "nothing, by asserts": CHECK + f"assert {SAME}",
    "nothing, by raising": CHECK + f"if not {SAME}:\n        raise ValueError('no')",
    "nothing for no": CHECK + f"if {SAME}:\n        return True",
    "another order": f"def grade(expected_output, actual_output, stdin):\n    output, expected = actual_output, expected_output\n    return len(stdin) == 2 and {SAME}",  # noqa: E501
    "a helper below": CHECK + f"return three(1, 1, 1) == 3 and {SAME}\ndef three(a, b, c):\n    return a + b + c",
    "noise on its output": CHECK + f"print('yes')\n    return {SAME}",
    "an exit status": FILES_READ + "sys.exit(not same)",
    "an exit status, and words": FILES_READ + "print('well read'); sys.exit(not same)",
    "a printed digit": FILES_READ + "print(int(same))",
    "minus one": FILES_READ + "print(1 if same else -1)",
    "printed words": FILES_READ + "print('comparing...')\nprint('Accepted' if same else 'WA')",
    "printed JSON": FILES_READ + "print(json.dumps({'verdict': 'ok' if same else 'wrong answer'}))",
    "a printed dict": FILES_READ + "print({'ok': same, 'score': 100})",
    "asserts": FILES_READ + "assert same",
    "open-r1": "import sys\ndef main(input_path, output_path, submission_path):\n    gold = open(output_path).read().split()\n    print(int(gold == ['1', '2'] and open(submission_path).read().split() == gold))\nmain(*sys.argv[1:])",  # noqa: E501
    "open-r1, read by with": "import sys\nwith open(sys.argv[2]) as f:\n    gold = f.read()\nwith open(sys.argv[3]) as f:\n    submission = f.read()\nprint(int(gold == '1 2\\n' and submission.split() == gold.split()))\nopen(sys.argv[1])",  # noqa: E501
    "open-r1, called": "import sys\ndef judge(inp, correct_path, user_path):\n    gold = open(correct_path).read()\n    return gold == '1 2\\n' and gold.split() == open(user_path).read().split()\nprint(int(judge(*sys.argv[1:])))",  # noqa: E501
    "options": "import argparse, sys\np = argparse.ArgumentParser()\nfor n in [0]:\n    p.add_argument('input')\n    p.add_argument('gold')\n    p.add_argument('team')\na = p.parse_args()\ngold = open(a.gold).read()\nsys.exit(gold != '1 2\\n' or open(a.team).read().split() != gold.split())",  # noqa: E501
    "DMOJ": "def check(process_output, judge_output, judge_input, **kwargs):\n    return judge_input == '5\\n' and judge_output == '1 2\\n' and process_output.split() == ['1', '2']",  # noqa: E501
    "two arguments": "def check(user_output, expected_output):\n    return expected_output == '1 2\\n' and user_output.split() == ['1', '2']",  # noqa: E501
    "names of files": "def check(input_path, output_path, answer_path):\n    return open(output_path).read().split() == open(answer_path).read().split()",  # noqa: E501
    "Kattis": "import os, sys\nopen(sys.argv[3] + '/judgemessage.txt', 'w').close()\nis_fed = open(sys.argv[1]).read() == '5\\n'\nsame = sys.stdin.buffer.read().split() == open(sys.argv[2], 'rb').read().split()\nsys.exit(42 if is_fed and same else 43)",  # noqa: E501
    "points": FILES_READ + "print(100 if same else 0)",
    "its own files": "from words import same\n" + CHECK + "return same(output, expected)",
}  # fmt: skip
UNFIT = {
    "accepts everything": (CHECK + "return True", "accepts an empty output"),
    "says no in words of its own": (FILES_READ + "print('Fine' if same else 'Nope')", "accepts an empty output"),
    "always prints": (FILES_READ + "int(b.split()[0]); print('read')", "was never seen to refuse"),
    "forgets to return": (CHECK + f"{SAME}", "does not accept the expected output"),
    "of another order": (
        "import sys\nx, y, z = (open(n).read() for n in sys.argv[1:])\nsys.exit(not y or z.split() != ['1', '2'])",
        "accepts other numbers and words",
    ),
    "breaks by Kattis' rules": ("import sys\nsys.exit(0 if len(sys.argv) else 42 + 43)", "is broken: exit status 0"),
    "accepts nothing": (CHECK + "return False", "does not accept the expected output"),
    "a distance": (CHECK + "return len(output) - len(expected)", "does not accept the expected output"),
    "points": (CHECK + f"return 100 if {SAME} else 50", "does not accept the expected output"),
    "is broken": (CHECK + "return undefined", "is broken: NameError"),
    "needs a package": (f"import surely_not_there\n{CHECK}return {SAME}", ""),
    "is no Python": ("def check(", "is no Python program"),
    "does not end": (CHECK + "while True: pass", "is broken: time limit"),
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def unit_tests() -> AsyncIterator[UnitTests]:
    verifier = UnitTests()
    yield verifier
    await verifier.close()


@shared_loop
@pytest.mark.parametrize("form", TELLING)
async def test_every_form_of_an_answer_is_read(unit_tests: UnitTests, form: str) -> None:
    files = {"words.py": "def same(a, b): return a.split() == b.split()"} if form == "its own files" else None
    tests = on_inputs(("5\n", "1 2\n"), checker={"language": "python", "code": TELLING[form], "files": files})
    for program, outcome in (("print(1, 2)", "pass"), ("print(2, 1)", "fail"), ("print('x')", "fail"), ("0", "fail")):
        verdict = await unit_tests.verify(tests, program)
        assert verdict.outcome.value == outcome, (program, verdict.reason)


@shared_loop
@pytest.mark.parametrize("form", UNFIT)
async def test_a_judge_that_cannot_say_both_is_not_believed(unit_tests: UnitTests, form: str) -> None:
    code, reason = UNFIT[form]
    tests = on_inputs(("5\n", "1 2\n"), checker={"language": "python", "code": code})
    for program in ("print(1, 2)", "print(2, 1)"):
        verdict = await unit_tests.verify(tests, program)
        assert verdict.outcome.value == "abstain", verdict.reason
        assert reason in verdict.reason


@shared_loop
async def test_where_nothing_is_expected_something_else_has_to_be_refused(unit_tests: UnitTests) -> None:
    by_input = on_inputs(
        ("5\n", ""), checker={"language": "python", "code": CHECK + "return int(output) == int(input)"}
    )
    assert (await unit_tests.verify(by_input, "print(5)")).outcome.value == "pass"
    assert (await unit_tests.verify(by_input, "print(6)")).outcome.value == "fail"
    by_length = on_inputs(("5\n", ""), checker={"language": "python", "code": CHECK + "return output.strip() == '5'"})
    assert (await unit_tests.verify(by_length, "print(5)")).outcome.value == "pass"
    assert (await unit_tests.verify(by_length, "print(6)")).outcome.value == "fail"
    nothing = on_inputs(("5\n", ""), checker={"language": "python", "code": CHECK + "return not output.strip()"})
    assert (await unit_tests.verify(nothing, "pass")).outcome.value == "pass"
    assert (await unit_tests.verify(nothing, "print(6)")).outcome.value == "fail"


@shared_loop
async def test_an_output_that_breaks_a_good_judge_is_wrong(unit_tests: UnitTests) -> None:
    code = CHECK + "for _ in range(int(output)): pass\n    return int(output) == int(expected)"
    tests = on_inputs(("", "7\n"), checker={"language": "python", "code": code})
    assert (await unit_tests.verify(tests, "print('seven')")).outcome.value == "fail"
    assert (await unit_tests.verify(tests, "print(10 ** 12)")).outcome.value == "abstain"


@shared_loop
async def test_some_of_the_points_are_no_pass(unit_tests: UnitTests) -> None:
    code = FILES_READ + "print(100 if same else 40 if b.strip() else 0)"
    tests = on_inputs(("", "7\n"), checker={"language": "python", "code": code})
    assert (await unit_tests.verify(tests, "print(7)")).outcome.value == "pass"
    verdict = await unit_tests.verify(tests, "print(6)")
    assert (verdict.outcome.value, verdict.reason) == ("abstain", "the checker does not decide: unclear (40)")


@pytest.mark.debian
@shared_loop
@pytest.mark.parametrize(
    "code",
    [
        "int main(int c, char** v) { std::ifstream in(v[1]), gold(v[2]); return judge(gold, std::cin) ? 42 : 43; }",
        "int main(int c, char** args) { std::ifstream fcorrect(args[2]), fuser(args[3]); puts(judge(fcorrect, fuser) ? "
        '"1.0" : "0.0"); }',
    ],
    ids=["Kattis", "CMS"],
)
async def test_compiled_judges_of_others(unit_tests: UnitTests, code: str) -> None:
    needs_toolchain("cpp")
    code = f"""#include <bits/stdc++.h>
bool judge(std::istream& gold, std::istream& got) {{
    int a = 0, b = 0;
    return gold >> a && a == 5 && got >> b && b % 10 == 5;
}}
{code}"""
    tests = on_inputs(("", "5\n"), checker={"language": "cpp", "code": code})
    for program, outcome in (("print(15)", "pass"), ("print(6)", "fail"), ("print()", "fail")):
        verdict = await unit_tests.verify(tests, program)
        assert verdict.outcome.value == outcome, verdict.reason


@shared_loop
async def test_results_reach_a_judge_as_plain_json(unit_tests: UnitTests) -> None:
    code = "import json\n" + CHECK + "return json.loads(output) == json.loads(expected)"
    tests = on_calls("f", ([], [[1, [2]], {"3": 10**30}]), checker={"language": "python", "code": code})
    assert (await unit_tests.verify(tests, "def f(): return (1, (2,)), {3: 10 ** 30}")).outcome.value == "pass"
    assert (await unit_tests.verify(tests, "def f(): return (1, (2,)), {3: 10 ** 31}")).outcome.value == "fail"
    assert (await unit_tests.verify(tests, "def f(): return object()")).outcome.value == "fail"


TESTLIB = '#include "testlib.h"\nint main(int, char** a) { return judge(a); }'
HEADER = """#include <fstream>
static int judge(char** a) {
    int got, wanted;
    std::ifstream output(a[2]), expected(a[3]);
    expected >> wanted;
    if (!(output >> got)) return 2;
    if (got == 42) return 3;
    return got != wanted;
}
"""


@pytest.mark.debian
@shared_loop
async def test_a_judge_may_bring_testlib(unit_tests: UnitTests) -> None:
    needs_toolchain("cpp")
    checker = {"language": "cpp", "code": TESTLIB, "files": {"testlib.h": HEADER}}
    tests = on_inputs(("", "5\n"), checker=checker)
    for program, outcome in (
        ("print(5)", "pass"),
        ("print(6)", "fail"),
        ("print('x')", "fail"),
        ("print(42)", "abstain"),
    ):
        verdict = await unit_tests.verify(tests, program)
        assert verdict.outcome.value == outcome, verdict.reason
    without = on_inputs(("", "5\n"), checker={"language": "cpp", "code": TESTLIB.replace("testlib.h", "no/testlib.h")})
    assert "testlib.h, which is not there" in (await unit_tests.verify(without, "print(5)")).reason


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, Said.YES), (1, Said.YES), (1.0, Said.YES), ([True, "x"], Said.YES), ([[1]], Said.YES), ("OK", Said.YES),
        (False, Said.NO), (0, Said.NO), (-1, Said.NO), (0.99, Said.NO), ([0, 1], Said.NO), ("not ok", Said.NO),
        (2, Said.UNCLEAR), ("maybe", Said.UNCLEAR), ("correct answer is 5", Said.UNCLEAR), ([], Said.UNCLEAR),
        (float("nan"), Said.UNCLEAR), (None, Said.UNCLEAR), ({}, Said.UNCLEAR), ({"Verdict": "AC"}, Said.YES),
        ({"ok": True, "score": 0}, Said.NO), ({"time": 1}, Said.UNCLEAR), ("1 of 5", Said.UNCLEAR), ("0 of 5", Said.NO),
    ],
)  # fmt: skip
def test_values(value: object, said: Said) -> None:
    assert read_value(value) is said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1\n", Said.YES), ("0", Said.NO), ("debug\n1", Said.YES), ("1\nwrong", Said.NO), ("", Said.UNCLEAR),
        ('noise\n{"ok": false}', Said.NO), ('{"ok":\n true}', Said.YES), ("[" * 5000, Said.UNCLEAR), ("true", Said.YES),
        ("ok 3 numbers", Said.UNCLEAR), ("wrong answer 1st", Said.NO), ("Accepted.", Said.YES),
    ],
)  # fmt: skip
def test_printed(text: str, said: Said) -> None:
    assert read_printed(text) is said


@pytest.mark.parametrize(
    ("names", "order"),
    [
        ("input, output, expected", FILES), ("i, o, e", FILES), ("inp, out, ans", FILES), ("input, answer, out", FILES),
        ("input_path, output_path, submission_path", ("input", "expected", "output")),
        ("expected, actual, data", ("expected", "output", "input")),
        ("user_output, jury_output, x", ("output", "expected", "input")),
    ],
)  # fmt: skip
def test_the_names_of_arguments_may_say_another_order(names: str, order: tuple[str, ...]) -> None:
    assert read_source(f"def check({names}): return True").order == order
    assert read_source(f"import sys\n{names} = sys.argv[1:4]").order == order
    assert read_source(f"import sys\n_, {names} = sys.argv").order == order
    assert read_source(f"import sys\n{names} = sys.argv[1], sys.argv[2], sys.argv[3]").order == order


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((1, [2, (3,)]), "[1, [2, [3]]]"), ({1: "a", (2, 3): None}, '{"1": "a", "[2, 3]": null}'), ({5}, "[5]"),
        ([10**5000], f"[1{'0' * 5000}]"), (-(2**3000), "-" + str(2**3000)), (float("inf"), "Infinity"), (b"x", '"x"'),
        ("\ud800", '"\\ud800"'), (1 + 2j, "[1.0, 2.0]"), (True, "true"),
    ],
    ids=range(10),
)  # fmt: skip
def test_plain_json(value: object, text: str) -> None:
    assert plain_json(encode(value)) == text


@pytest.mark.parametrize("data", [encode(object()), {"int": "f" * 70_000}, {"int": 5}, {"what": 1}, {}, {"dict": [1]}])
def test_what_is_no_plain_data_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match=r"plain data|an integer of"):
        plain_json(data)


@pytest.mark.parametrize(
    ("code", "language", "order"),
    [
        ("int main(int c, char** v) { ifstream a(v[1]), b(v[2]), c(v[3]); }", "cpp", FILES),
        ("int main(int c, char* argv[]) { FILE *in = fopen(argv[1]); FILE* ouf = fopen(argv[2]); }", "cpp", FILES),
        ("std::string contestant = argv[1], jury = argv[2];", "cpp", ("output", "expected", "input")),
        ("void main(String[] x) { var correct = x[1];\nvar user = x[2]; var input = x[0]; }", "java", ("input", "expected", "output")),  # noqa: E501
        ("const expectedFile = process.argv[3], userFile = process.argv[4]", "javascript", ("input", "expected", "output")),  # noqa: E501
    ],
)  # fmt: skip
def test_the_words_before_the_arguments_may_say_another_order(code: str, language: str, order: tuple[str, ...]) -> None:
    assert order_in_text(code, language) == order
