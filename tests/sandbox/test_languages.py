"""Programs in other languages, compiled and run inside the sandbox."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from distill.sandbox.languages import language_named
from distill.sandbox.languages.java_entry import java_entry
from distill.sandbox.limits import Ending, Run
from distill.sandbox.supervisor.building import build_limits, why_not_built
from distill.sandbox.supervisor.compiled import Toolchain
from distill.sandbox.supervisor.kept_programs import KeptPrograms
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
    "c": '#include <stdio.h>\nint main(void) { long a, b; scanf("%ld %ld", &a, &b); printf("%ld\\n", a + b); }',
    "kotlin": "fun main() { println(readLine()!!.split(' ').map { it.toLong() }.sum()) }",
    "csharp": """using System;
using System.Linq;
class Program { static void Main() { Console.WriteLine(Console.ReadLine().Split(' ').Select(long.Parse).Sum()); } }""",
    "go": 'package main\nimport "fmt"\nfunc main() { var a, b int; fmt.Scan(&a, &b); fmt.Println(a + b) }',
}
READLINE = """
const rl = require('readline').createInterface({input: process.stdin})
rl.on('line', line => console.log(line.split(' ').map(Number).reduce((a, b) => a + b)))
"""
DEV_STDIN = """
const [a, b] = require('fs').readFileSync('/dev/stdin', 'utf8').split(/\\s+/).map(Number)
console.log(a + b)
"""
DOLLAR = RIGHT["java"].replace("Solution", "$HOME")
OTHERS = [("java", DOLLAR), ("javascript", READLINE), ("javascript", DEV_STDIN)]
MAIN = "public static void main(String[] a) {}"
BITS = "#include <bits/stdc++.h>\nusing namespace std;\n"
SUM = "int main() { int a, b; cin >> a >> b; cout << sum(a, b); }"
OLD = [
    ("cpp", BITS + "int size[2];\nint main() { cin >> size[0] >> size[1]; cout << size[0] + size[1]; }"),
    ("cpp", BITS + "int data, byte;\nint main() { cin >> data >> byte; cout << data + byte; }"),
    ("cpp", BITS + "int sum(int a, int b) throw() { return a + b; }\n" + SUM),
    ("cpp", BITS + "int sum(register int a, int b) { return a + b; }\n" + SUM),
    ("cpp", BITS + f'#ifndef ONLINE_JUDGE\n#include "debug.h"\n#endif\nint sum(int a, int b) {{ return a+b; }}\n{SUM}'),
    ("c++14", BITS + f"int sum(int a, int b) {{ return __cplusplus == 201402 ? a + b : 99; }}\n{SUM}"),
    ("c++17", BITS + f"int sum(int a, int b) {{ return __cplusplus == 201703 ? a + b : 99; }}\n{SUM}"),
    ("cpp", BITS + f'int sum(int a, int b) {{ return string("x").contains("x") ? a + b : 0; }}\n{SUM}'),
    ("c", 'main() { int a, b; scanf("%d %d", &a, &b); printf("%d", a+sum(b)); exit(0); } sum(b) int b; { return b; }'),
    ("rust", RIGHT["rust"].replace("let mut s", "let async = 0;\n    let mut s")),
]  # fmt: skip
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
    ("cpp", '#include "/proc/self/fd/1"\nint main() {}', "compile error: time limit"),
    ("cpp", "#error \x1b[31m", "compile error: main.cpp:1:2: error: #error \\x1b[31m"),
    ("c", "main() { write(2, \"ModuleNotFoundError: No module named 'z3'\", 43); exit(1); }", "test 1: runtime error"),
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
    language = language_named(name)
    assert language is not None
    if missing := language.missing_tools():
        pytest.skip(f"needs {', '.join(missing)}")


@pytest.mark.parametrize(
    ("language", "program"),
    [*RIGHT.items(), *OTHERS, *OLD],
)
async def test_right_programs_pass(unit_tests: UnitTests, language: str, program: str) -> None:
    needs_toolchain(language)
    tests = on_inputs(("3 4\n", "7\n"), ("1 -1\n", "0\n"), language=language, time_limit_s=20)
    verdict = await unit_tests.verify(tests, program)
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
    gold >> b;
    return !(out >> a) || a % 2 != b % 2;
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


async def test_a_program_cannot_change_what_the_next_test_runs(unit_tests: UnitTests) -> None:
    needs_toolchain("cpp")
    program = """#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cstdio>
#include <cstring>
int main() {
    char name[64] = "/proc/self/exe", target[64] = "";
    int is_changed = open(name, O_RDWR) >= 0;
    for (int fd = 3; fd < 64; fd++) {
        snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
        if (readlink(name, target, 63) < 0 || !strstr(target, "program")) continue;
        int writable = open(name, O_RDWR);
        is_changed |= writable >= 0 && (write(writable, "x", 1) == 1 || ftruncate(writable, 0) == 0);
        is_changed |= fchmod(fd, 0777) == 0 && open(name, O_RDWR) >= 0 && ftruncate(fd, 0) == 0;
    }
    puts(is_changed ? "changed" : "as it was");
}"""
    verdict = await unit_tests.verify(on_inputs(("", "as it was\n"), language="cpp", time_limit_s=5), program)
    assert verdict.outcome.value == "pass", verdict.reason


@pytest.mark.parametrize(
    ("source", "file", "name"),
    [
        ("public class Main { public static void main(String[] a) {} }", "Main", "Main"),
        ("// public class O\n/* class Older { */ public class A { public static void main(String[] a) {} }", "A", "A"),
        ("public final strictfp class A { static public void main(String... a) { if (1 > 0) {} } }", "A", "A"),
        ("package a.b; class In {} class x { public static void main(final String args[]) {} }", "Main", "a.b.x"),
        ("class Out { static class In { public static void main(String[] a) {} } }", "Main", "Out$In"),
        ("public interface I { static void main(String[] a) {} }", "I", "I"),
        ("public record R(int x) { public static void main(String[] a) {} }", "R", "R"),
        (f"class T {{ String s = \"{{\"; char c = '\"'; }} enum É$ {{ A; {MAIN} }}", "Main", "É$"),
        ("class B { static void main(int a) {} } class C { public static void main(String[] a) {} }", "Main", "C"),
        (f"class A {{ {MAIN} }} public class B {{ {MAIN} }}", "B", "B"),
        (f"public class $HOME {{ {MAIN} }}", "$HOME", "$HOME"),
        ("class a {" * 100_000, "Main", "Main"),
        ("class a " * 100_000, "Main", "Main"),
        ("public class Child extends Parent {}", "Child", "Child"),
        ("", "Main", "Main"),
    ],
)  # fmt: skip
async def test_where_a_java_program_begins(source: str, file: str, name: str) -> None:
    assert java_entry(source) == (file, name)


@pytest.mark.parametrize(
    ("name", "standards"),
    [("c++14", "gnu++14 gnu++20 gnu++23 gnu++17"), ("C++17", "gnu++17 gnu++20 gnu++23 gnu++14"),
     ("cpp", "gnu++20 gnu++23 gnu++17 gnu++14"), ("cpp11", "gnu++14 gnu++20 gnu++23 gnu++17"),
     ("g++23", "gnu++23 gnu++20 gnu++17 gnu++14")],
)  # fmt: skip
async def test_the_standard_that_a_row_names_comes_first(name: str, standards: str) -> None:
    language = language_named(name)
    assert language is not None
    assert language.standards == tuple(standards.split())


BEYOND = [
    ("cpp", "main.cpp:1:10: fatal error: print: No such file or directory"),
    ("cpp", "main.cpp:1:10: fatal error: atcoder/dsu: No such file or directory"),
    ("cpp", "main.cpp:2:88: error: ‘zip’ is not a member of ‘std::views’"),
    ("cpp", "main.cpp:2:23: error: expected identifier before ‘this’"),
    ("go", "main.go:2:15: package slices is not in GOROOT (/usr/lib/go/src/slices)"),
    ("go", "./main.go:8:26: undefined: max"),
    ("go", "./main.go:3:35: cannot range over n (variable of type int)"),
    ("java", "Main.java:2: error: patterns in switch statements are a preview feature and are disabled by default."),
    ("java", "A.java:1: error: cannot find symbol\n x\n symbol: method getFirst()\n location: class List<A>"),
    ("java", "Main.java:1: error: class, interface, enum, or record expected\nvoid main() {\n^"),
    ("kotlin", "Main.kt:2:18: error: unresolved reference: readln"),
    ("csharp", "main.cs(1,0): error CS1525: Unexpected symbol `var'"),
]  # fmt: skip
REFUSED = [
    ("cpp", "main.cpp:1:10: fatal error: conio.h: No such file or directory"),
    ("cpp", "main.cpp:2:88: error: ‘zap’ is not a member of ‘std::views’"),
    ("go", "./main.go:8:26: undefined: maximum"),
    (
        "java",
        "A.java:1: error: cannot find symbol\n x\n symbol: method getFirst()\n location: class Mine",
    ),
    ("java", "Main.java:1: error: class, interface, enum, or record expected\n}\n^"),
    ("kotlin", "Main.kt:2:18: error: unresolved reference: reading"),
    ("csharp", "main.cs(1,51): error CS1525: Unexpected symbol `;'"),
    ("rust", "error[E0432]: unresolved import `rand`"),
]


@pytest.mark.parametrize(("name", "said", "is_ours"), [(*b, True) for b in BEYOND] + [(*r, False) for r in REFUSED])
async def test_a_source_beyond_the_compiler_is_not_the_teachers_fault(name: str, said: str, is_ours: bool) -> None:
    language = language_named(name)
    assert language is not None
    source = "class P { static void Main() { } }" if name == "csharp" and not is_ours else "x"
    run = Run(Ending.EXITED, 1, b"", said.encode(), b"", 0.1, 0.1)
    failure = why_not_built(run, build_limits(language, 64), language, source)
    assert failure is not None
    assert failure.is_ours == is_ours
    assert failure.reason.startswith(f"{name} here is too old for it, or lacks" if is_ours else "compile error: ")


async def test_what_was_compiled_is_kept_for_all_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_toolchain("c")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    language = language_named("c")
    assert language is not None
    first, second = Toolchain(language), Toolchain(language)
    assert first.build("int main(void) { return 0; }").failure is None
    (kept,) = (tmp_path / "distill" / "programs").iterdir()
    made = kept.stat().st_ino
    assert second.build("int main(void) { return 0; }").failure is None
    assert kept.stat().st_ino == made
    first.close()
    second.close()


async def test_kept_programs_are_whole_and_few(tmp_path: Path) -> None:
    kept = KeptPrograms(tmp_path / "programs", max_bytes=300)
    for number in range(4):
        kept.put(str(number), bytes([number]) * 100)
        os.utime(tmp_path / "programs" / str(number), (number, number))
    assert [kept.get(str(number)) for number in (0, 1, 3)] == [None, None, b"\3" * 100]
    (tmp_path / "programs" / "3").chmod(0o600)
    (tmp_path / "programs" / "3").write_bytes(b"cut")
    assert kept.get("3") is None
    assert KeptPrograms(Path("/proc/nowhere")).get("x") is None
