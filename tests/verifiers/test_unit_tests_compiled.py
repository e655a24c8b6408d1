"""Which program an answer in a compiled language means."""

import pytest

from distill.sandbox.languages import language_named
from distill.verifiers.unit_tests.compiled import find_compiled

CPP = "#include <cstdio>\nint main() {}"
HEADER, HELPER, MAIN = "#include <cstdio>", "int f() { return 1; }", "int main() { f(); }"
GO = "package main\nfunc main() {}"
JAVA = "class Main { public static void main(String[] a) {} }"
JS = "console.log(require('fs').readFileSync(0, 'utf8'))"


def fenced(label: str, *codes: str) -> str:
    return "\nThen:\n".join(f"```{label}\n{code}\n```" for code in codes) + "\n"


@pytest.mark.parametrize(
    ("language", "answer", "program"),
    [
        ("cpp", fenced("cpp", "int main() {}", CPP), CPP),
        ("cpp", fenced("cpp", CPP, HELPER), CPP),
        ("cpp", fenced("cpp", CPP, "// in main():\nx = 1;", "/* int main() */"), CPP),
        ("cpp", fenced("cpp", HELPER), HELPER),
        ("cpp", fenced("cpp", CPP) + fenced("c", "int main() { return 0; }") + fenced("python", "main()"), CPP),
        ("cpp", fenced("c", "int main() {}"), "int main() {}"),
        ("cpp", fenced("", CPP), CPP),
        ("cpp", CPP, CPP),
        ("cpp", fenced("python", "print()"), None),
        ("cpp", fenced("cpp", HEADER, HELPER, MAIN), f"{HEADER}\n{HELPER}\n{MAIN}"),
        ("cpp", fenced("cpp", HEADER, CPP, MAIN), f"{HEADER}\n{MAIN}"),
        ("cpp", fenced("cpp", HELPER, CPP), CPP),
        ("c", fenced("cpp", "int main() {}"), "int main() {}"),
        ("go", fenced("go", GO, "package main\nfunc TestIt(t *testing.T) {}"), GO),
        ("java", fenced("java", JAVA, "class MainTest { void run() { Main.main(null); } }"), JAVA),
        ("rust", fenced("rust", "fn main() {}", "#[test]\nfn is_main() { assert!(true) }"), "fn main() {}"),
        ("kotlin", fenced("kotlin", "fun main() {}", "main()"), "fun main() {}"),
        ("javascript", fenced("js", JS, "console.log(3 + 4) // 7"), JS),
        ("javascript", fenced("mjs", "console.log(7)"), "console.log(7)"),
    ],
)
def test_the_program_is_where_one_begins(language: str, answer: str, program: str | None) -> None:
    known = language_named(language)
    assert known is not None
    found = find_compiled(answer, known)
    assert found == (program and f"{program}\n")
