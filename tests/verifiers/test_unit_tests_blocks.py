"""Which blocks of code a text holds, in the many ways of writing them."""

import pytest

from distill.verifiers.unit_tests.blocks import Block, blocks_of

CODE = "x = 1\n"


@pytest.mark.parametrize(
    "text",
    [
        "```python\nx = 1\n```",
        "```python\r\nx = 1\r\n```\r\n",
        "```Python3.11\nx = 1\n```",
        "``` {.python .numberLines}\nx = 1\n```",
        "```{python}\nx = 1\n```",
        "```python:src/main.py\nx = 1\n```",
        "```python,ignore\nx = 1\n```",
        '```python title="main.py"\nx = 1\n```',
        "```python\u200b\nx = 1\n```",
        "~~~python\nx = 1\n~~~",
        "`````python\nx = 1\n`````",
        "```python\nx = 1\n",
        "- ```python\n  x = 1\n  ```",
        "12. ```python\n    x = 1\n    ```",
        "> ```python\n> x = 1\n> ```",
        "> - ```python\n>   x = 1\n>   ```",
        "The code is: ```python\nx = 1\n```",
        "```python\nx = 1```",
        "Run ```python x = 1``` at once.",
        "   ```python\n   x = 1\n   ```",
        "<answer>\n```python\nx = 1\n```\n</answer>",
    ],
)
def test_a_block_of_python(text: str) -> None:
    assert blocks_of(text) == [Block("python", CODE)]


@pytest.mark.parametrize(
    ("info", "label"),
    [("C++17", "c++"), ("cpp14", "cpp"), ("gnu++20", "gnu++"), ("py3", "py"), ("pypy3", "pypy"), ("", ""), ("c", "c"),
     ("c#", "c#"), ("text", "text")],
)  # fmt: skip
def test_labels_are_without_versions(info: str, label: str) -> None:
    assert blocks_of(f"```{info}\nx = 1\n```") == [Block(label, CODE)]


@pytest.mark.parametrize(
    "code",
    [
        'def f():\n    """Double.\n\n    ```python\n    f(4)\n    ```\n    """\n    return 1\n',
        "s = '''\n```\n'''\nprint(s)\n",
        "# ```\nx = 1\n",
        "s = '''\n```'''\nx = 1\n",
    ],
)
def test_ticks_inside_the_code_close_nothing(code: str) -> None:
    assert blocks_of(f"```python\n{code}```\nDone.\n") == [Block("python", code)]


def test_a_string_that_stays_open_ends_with_the_first_close() -> None:
    assert [block.code for block in blocks_of('```python\nx = """\n```\nand\n```python\ny = 2\n```')] == [
        'x = """\n', "y = 2\n"
    ]  # fmt: skip


def test_blocks_come_in_their_order() -> None:
    text = "```bash\nls\n```\n```\nout\n```\n```py\nx = 1\n```"
    assert [block.label for block in blocks_of(text)] == ["bash", "", "py"]


def test_words_in_ticks_are_no_block() -> None:
    assert blocks_of("Use `x` and ``y``, not ```z```.") == []
