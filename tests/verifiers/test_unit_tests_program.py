"""Which program an answer means."""

import textwrap

import pytest

from distill.verifiers.unit_tests.program import WantedProgram, code_of_prompt, find_program

LABELS = ("python", "py")
READS = WantedProgram(LABELS)


def defines(*names: str) -> WantedProgram:
    return WantedProgram(LABELS, names=frozenset(names))


def fenced(*codes: str) -> str:
    return "\nThen:\n".join(f"```python\n{code}\n```" for code in codes)


DOUBLE = "def double(n):\n    return 2 * n"


@pytest.mark.parametrize(
    ("answer", "program"),
    [
        (fenced("print(input())"), "print(input())\n"),
        (fenced("print(1)", "print(2)"), "print(2)\n"),
        (fenced("print(input())", "# no more"), "print(input())\n"),
        (fenced("print(input())", "'4'"), "print(input())\n"),
        (fenced("n = int(input())\nprint(n)", "print(solve(3))"), "n = int(input())\nprint(n)\n"),
        (fenced(DOUBLE, "print(double(int(input())))"), f"{DOUBLE}\nprint(double(int(input())))\n"),
        (fenced("print(input())") + "\n```\n8\n```\n```bash\nls\n```", "print(input())\n"),
        ("```\nprint(input())\n```\nOutput:\n```\n8\n```", "print(input())\n"),
        (fenced("print(input())", "import io, sys\nsys.stdin = io.StringIO('4')\nmain()"), "print(input())\n"),
        (fenced("print(input())", "with patch('builtins.input', return_value='4'):\n    main()"), "print(input())\n"),
        (fenced("print(input())", "import subprocess\nsubprocess.run(['a.py'], input='4')"), "print(input())\n"),
        (fenced("print(input())", "n = 4  # input\nprint(n)"), "print(input())\n"),
        (fenced("x = 1", "import io, sys\nsys.stdin = io.StringIO(sys.stdin.read())\nprint(input())", "print(1)"),
         "import io, sys\nsys.stdin = io.StringIO(sys.stdin.read())\nprint(input())\n"),
        ("print(input())\n", "print(input())\n"),
        ("```python\nprint(input())<|endoftext|>", "print(input())\n"),
        ("```python\nprint(input())\n```<｜end▁of▁sentence｜></s>\n", "print(input())\n"),
        ("print('<|end|>')\n", "print('<|end|>')\n"),
        ("[BEGIN]\nprint(input())\n[DONE]\nNext task: ...", "print(input())\n"),
        ("So:\n[PYTHON]\nprint(input())\n[/PYTHON]", "print(input())\n"),
        ("print(input())\n```\nThis echoes it:\n```\n8\n```", "print(input())\n"),
        ("The answer\n```\nprint(input())\n```", "print(input())\n"),
        ("```python\n\n```", None),
        ("```cpp\nint main() {}\n```", None),
        ("  \n", None),
    ],
)  # fmt: skip
def test_a_program_that_reads_and_writes(answer: str, program: str | None) -> None:
    assert find_program(answer, READS) == program


@pytest.mark.parametrize(
    ("answer", "program"),
    [
        (fenced(DOUBLE, "print(double(4))"), f"{DOUBLE}\n"),
        (fenced(DOUBLE, "assert double(1) == 2", "def other(): pass"), f"{DOUBLE}\n"),
        (fenced(DOUBLE, "def double(n):\n    return n + n"), "def double(n):\n    return n + n\n"),
        (fenced("double = lambda n: 2 * n"), "double = lambda n: 2 * n\n"),
        (fenced("class Solution:\n    def double(self, n):\n        return 2 * n", "Solution().double(4)"),
         "class Solution:\n    def double(self, n):\n        return 2 * n\n"),
        (fenced("import math\ndef half(n):\n    return math.floor(n / 2)", "def double(n):\n    return 4 * half(n)"),
         "import math\ndef half(n):\n    return math.floor(n / 2)\ndef double(n):\n    return 4 * half(n)\n"),
        (fenced("def double(n): pass", DOUBLE, "def double(n):\n    ..."), f"{DOUBLE}\n"),
        (fenced("x = 1"), "x = 1\n"),
    ],
)  # fmt: skip
def test_a_program_whose_function_is_called(answer: str, program: str) -> None:
    assert find_program(answer, defines("double")) == program


def test_of_several_names_the_last_block_that_defines_one_is_joined_with_those_that_define_the_others() -> None:
    both = "class A: pass\nclass B(A):\n    x = 1"
    better = "class A:\n    y = 2"
    assert find_program(fenced(both, better, "print(A().y)"), defines("A", "B")) == f"{both}\n{better}\n"


PROMPT = textwrap.dedent(
    '''
    Complete this function.

    from typing import List
    import math

    def poly(xs: list, x: float):
        """Evaluate."""
        return sum([c * math.pow(x, i) for i, c in enumerate(xs)])

    def find_zero(xs: List[float]):
        """Find a zero of it."""
    '''
)


def test_a_body_belongs_to_the_head_in_the_prompt() -> None:
    program = find_program("    return min(xs)\n", defines("find_zero"), PROMPT)
    assert program == f"{code_of_prompt(PROMPT).rstrip()}\n    return min(xs)\n"


def test_a_block_that_the_prompt_has_opened_ends_at_the_first_fence() -> None:
    answer = f"{DOUBLE}\n```\nUse it:\n```python\nprint(double(2))\n```"
    assert find_program(answer, defines("double"), "Write it.\n```python\n") == f"{DOUBLE}\n"
    body = find_program("    return min(xs)\n```\nDone.", defines("find_zero"), PROMPT)
    assert body
    assert body.endswith('of it."""\n    return min(xs)\n')


def test_a_body_may_define_functions_of_its_own() -> None:
    body = "    def at(x):\n        return poly(xs, x)\n\n    return at(0)\n"
    program = find_program(body, defines("find_zero"), PROMPT)
    assert program
    assert program.endswith(f'of it."""\n{body}')


def test_helpers_and_imports_of_the_prompt_are_there_where_they_are_needed() -> None:
    program = find_program(
        fenced("def find_zero(xs: List[float]):\n    return poly(xs, 0)"), defines("find_zero"), PROMPT
    )
    assert program
    assert program.startswith("from typing import List\nimport math\ndef poly")
    assert program.count("def find_zero") == 1


def test_the_head_in_the_prompt_is_no_answer() -> None:
    program = find_program(fenced("def other(): return 1"), defines("find_zero"), PROMPT)
    assert program == "def other(): return 1\n"
