"""Finding the program in an answer."""

import pytest

from distill.verifiers.unit_tests.program import extract_program

PYTHON = ("python", "py")


@pytest.mark.parametrize(
    ("answer", "program"),
    [
        ("print(1)", "print(1)\n"),
        ("```python\nprint(1)\n```", "print(1)\n"),
        ("```py\na\n```\nthen\n```python\nb\n```", "b\n"),
        ("```python\na\n```\n```text\nout\n```", "a\n"),
        ("```python\na\n```\n```\nout\n```", "a\n"),
        ("```\na\n```\n```\nb\n```", "b\n"),
        ("```Python3\na\n```", None),
        ("```PYTHON\na\n```", "a\n"),
        ("```python title=x\na\n```", "a\n"),
        ("```{.python}\na\n```", "a\n"),
        ("~~~python\na\n```\n~~~", "a\n```\n"),
        ("````python\na = '''\n```\n'''\n````", "a = '''\n```\n'''\n"),
        ("1. Do:\n   ```python\n   if x:\n       y\n   ```", "if x:\n    y\n"),
        ("```python\nprint(1)", "print(1)\n"),
        ("```python\r\na\r\n```\r\n", "a\n"),
        ("```python\nx = '\u2028'\n```", "x = '\u2028'\n"),
        ("```cpp\nint main() {}\n```", None),
        ("```python\n```", None),
        ("Use `print` inline.", "Use `print` inline.\n"),
        ("", None),
        (" \n", None),
    ],
)
def test_the_last_block_of_the_language_is_the_program(answer: str, program: str | None) -> None:
    assert extract_program(answer, PYTHON) == program
