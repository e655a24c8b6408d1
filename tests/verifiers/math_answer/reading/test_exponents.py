"""Transposes."""

import pytest

from distill.verifiers.math_answer.reading.parse import parse


@pytest.mark.parametrize("mark", ["^T", r"^{T}", r"^\top", r"^{\intercal}"])
def test_a_transposed_matrix_has_its_rows_as_columns(mark: str) -> None:
    matrix = r"\begin{pmatrix} 1 & 4 \\ 6 & 9 \end{pmatrix}"
    assert parse(matrix + mark) == parse(r"\begin{pmatrix} 1 & 6 \\ 4 & 9 \end{pmatrix}")


def test_a_transposed_tuple_is_the_tuple() -> None:
    assert parse("(4, 6, 9)^T") == parse("(4, 6, 9)")


def test_a_power_of_a_letter_is_no_transpose() -> None:
    assert parse("A^T") != parse("A")
