"""Programs in other languages, compiled and run inside the sandbox."""

import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from distill.sandbox.languages import languages
from distill.verifiers.unit_tests.verifier import UnitTests
from tests.verifiers.programs import on_inputs

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.debian]

CPP = "#include <bits/stdc++.h>\nusing namespace std;\nint main() { long long a, b; cin >> a >> b; cout << a + b << endl; }\n"  # noqa: E501
RIGHT = {
    "cpp": CPP,
    "javascript": "const [a, b] = require('fs').readFileSync(0, 'utf8').split(' ').map(Number)\nconsole.log(a + b)",
    "rust": """use std::io::*;
fn main() {
    let mut s = String::new();
    stdin().read_to_string(&mut s).unwrap();
    println!("{}", s.split_whitespace().map(|x| x.parse::<i64>().unwrap()).sum::<i64>());
}""",
    "java": """import java.util.*;
public class Solution {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        System.out.println(in.nextInt() + in.nextInt());
    }
}""",
    "go": 'package main\nimport "fmt"\nfunc main() { var a, b int; fmt.Scan(&a, &b); fmt.Println(a + b) }',
}
READLINE = """
const rl = require('readline').createInterface({input: process.stdin})
rl.on('line', line => console.log(line.split(' ').map(Number).reduce((a, b) => a + b)))
"""
FAILING = [
    ("cpp", CPP.replace("a + b", "a - b"), "test 1: wrong answer"),
    ("cpp", "int main() { undeclared(); }", "compile error: main.cpp:1:14: error"),
    ("cpp", "int main() { *(volatile int*)0 = 1; }", "test 1: runtime error: signal 11"),
    ("cpp", "int main() { return 3; }", "test 1: runtime error: exit status 3"),
    ("cpp", "#include <cstdlib>\nint main() { abort(); }", "test 1: runtime error"),
    ("cpp", "int main() { for (volatile int x = 0;; ++x); }", "test 1: time limit"),
    ("cpp", "#include <vector>\nint main() { std::vector<long> v; for (;;) v.push_back(1); }", "test 1: memory limit"),
    ("cpp", "#include <cstdio>\nint main() { for (;;) puts(\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"); }", "test 1: "),
    ("cpp", "#include <unistd.h>\nint main() { for (;;) fork(); }", "test 1: time limit"),
    ("cpp", '#include "/etc/shadow"\nint main() {}', "compile error"),
    ("cpp", '#include "/dev/zero"\nint main() {}', "compile error"),
    ("cpp", "template<int N> struct A { A<N + 1> a; };\nA<0> a;\nint main() {}", "compile error"),
    ("javascript", "throw new Error('no')", "test 1: runtime error: Error: no"),
    ("javascript", "for (;;);", "test 1: time limit"),
    ("javascript", "function (", "test 1: compile error: SyntaxError"),
    ("javascript", "process.exit(0)", "test 1: wrong answer"),
]  # fmt: skip


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def unit_tests() -> AsyncIterator[UnitTests]:
    verifier = UnitTests()
    yield verifier
    await verifier.close()


def needs_toolchain(name: str) -> None:
    language = next(language for language in languages() if language.name == name)
    if missing := language.missing_tools():
        pytest.skip(f"needs {', '.join(missing)}")


@pytest.mark.parametrize(("language", "program"), [*RIGHT.items(), ("javascript", READLINE)])
async def test_right_programs_pass(unit_tests: UnitTests, language: str, program: str) -> None:
    needs_toolchain(language)
    tests = on_inputs(("3 4\n", "7\n"), ("1 -1\n", "0\n"), language=language, time_limit_s=20)
    verdict = await unit_tests.verify(tests, f"```{language}\n{program}\n```")
    assert verdict.outcome.value == "pass", verdict.reason


@pytest.mark.slow
@pytest.mark.parametrize(("language", "program", "reason"), FAILING)
async def test_wrong_and_hostile_programs_fail(unit_tests: UnitTests, language: str, program: str, reason: str) -> None:
    needs_toolchain(language)
    tests = on_inputs(("3 4\n", "7\n"), language=language, time_limit_s=1, memory_mb=256)
    verdict = await unit_tests.verify(tests, program)
    assert verdict.outcome.value == "fail"
    assert verdict.reason.startswith(reason)


async def test_a_judge_may_be_written_in_another_language(unit_tests: UnitTests) -> None:
    needs_toolchain("cpp")
    judge = """#include <bits/stdc++.h>
int main(int, char** argv) {
    std::ifstream out(argv[2]), gold(argv[3]);
    int a, b;
    out >> a;
    gold >> b;
    return a % 2 != b % 2;
}"""
    tests = on_inputs(("", "2\n"), checker={"language": "cpp", "code": judge})
    assert (await unit_tests.verify(tests, "print(4)")).outcome.value == "pass"
    assert (await unit_tests.verify(tests, "print(5)")).outcome.value == "fail"


async def test_only_inputs_for_languages_other_than_python(unit_tests: UnitTests) -> None:
    from tests.verifiers.programs import on_calls

    verdict = await unit_tests.verify(on_calls("f", ([1], 1), language="cpp"), "int f(int x) { return x; }")
    assert verdict.outcome.value == "abstain"


async def test_a_missing_toolchain_is_not_the_teachers_fault(unit_tests: UnitTests) -> None:
    if shutil.which("go"):
        pytest.skip("go is installed")
    verdict = await unit_tests.verify(on_inputs(("", ""), language="go"), RIGHT["go"])
    assert (verdict.outcome.value, verdict.reason) == ("abstain", "no toolchain for go on this machine")
