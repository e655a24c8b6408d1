"""What a problem asks for: judged by the questions and imperatives in it, not by a word."""

import json
from pathlib import Path

import pytest

from distill.prompts.questions import Asked, asked

LABELS = Path(__file__).parents[1] / "data" / "prompt_questions.jsonl"


@pytest.mark.parametrize(
    "problem",
    [
        "Let $n$ be odd. Prove that $n^2$ is odd.",
        "Let $a, b > 0$ with \\[ab = 4.\\] Prove that $a + b \\ge 4$.",
        "Let $a, b > 0$ satisfy $$ab = 4.$$\nShow that $a + b \\ge 4$.",
        "For every even $n$ show that $4 \\mid n^2$.",
        "If $m > n$, then show $2^m > 2^n$.",
        "Use the pigeonhole principle to show that two of thirteen people share a month of birth.",
        "Deduce that the sequence is bounded.",
        "Explain why no cube number ends in two zeros exactly.",
        "Sketch the graph of $y = |x| + x$.",
        "Give an example of a bounded sequence that does not converge.",
        "Prove or disprove: every prime above 2 is odd.",
        "Assume that (i) $f(0) = 1$, (ii) $f$ is even. Verify that $f'(0) = 0$ if it exists.",
        "(a) Show that $f$ is even. (b) Prove that $f$ is bounded.",
        "Prove the following: (1) $2 < e$; (2) $e < 3$.",
        "What is $7^2$ modulo $10$? Show that it is 9.",
        "Why does ice float?",
        "已知 $x > 0$, 证明: $x + 1/x \\ge 2$.",
        "设 $n$ 为整数. 求证: (1) $n^2 + n$ 为偶数; (2) $n^3 - n$ 能被 3 整除.",
    ],
)
def test_a_proof_is_asked_wherever_the_verb_stands(problem: str) -> None:
    assert asked(problem) is Asked.PROOF
    assert asked(problem, "the claim") is Asked.PROOF


@pytest.mark.parametrize(
    "problem",
    [
        "(a) Find $x$ if $2x = 6$. (b) Find $y$ if $3y = 6$.",
        "Find 1) the sum of 3 and 4\n2) the product of 3 and 4",
        "A tank holds 40 litres.\n1. How long does it take to fill at 5 litres a minute?\n2. How much is 30 % of it?",
        "\\begin{enumerate}\\item Compute $2^5$. \\item Compute $5^2$.\\end{enumerate}",
        "Part A: State the mode. Part B: State the range.",
        "Solve each of the following: (i) $x + 1 = 3$ (ii) $2x = 8$ (iii) $x^2 = 0$.",
        "等差数列 $a_n$ 中 $a_1 = 1$, $a_2 = 4$.\n（1）求 $a_{10}$;\n（2）求前 10 项的和.",
        "已知圆的半径为 3. (I) 求周长; (II) 求面积.",
    ],
)
def test_parts_are_items_that_each_ask(problem: str) -> None:
    assert asked(problem) is Asked.PARTS
    assert asked(problem, "3") is Asked.PARTS, "one number is one part's answer"


@pytest.mark.parametrize(
    "problem",
    [
        "What is the area of a 3 by 4 rectangle? What is its perimeter?",
        "Find the mode of 1, 1, 5. Also find the mean.",
        "By how much did it rise, and how much must it fall again?",
        "How long is the rope in metres? in feet?",
        "Compute the trace of the matrix, and then compute the determinant of its square.",
        "某班男生 20 人, 女生比男生多 4 人. 女生有多少人? 全班有多少人?",
    ],
)
def test_two_questions_in_prose_are_parts_unless_the_answer_is_one_value(problem: str) -> None:
    assert asked(problem) is Asked.PARTS
    assert asked(problem, "12, 14") is Asked.PARTS
    assert asked(problem, "14") is Asked.ONE, "the first question was a step"
    assert asked(problem, "(12, 14)") is Asked.ONE, "a pair is one value"


def test_two_things_of_one_verb_are_parts_where_the_answer_has_two() -> None:
    problem = "Find the greatest height that the ball reaches and the time that it takes."
    assert asked(problem, "20 m, 2 s") is Asked.PARTS
    assert asked(problem, "20") is Asked.ONE
    assert asked("Find the distance between the line and the point.", "2, rounded") is Asked.ONE


@pytest.mark.parametrize(
    "problem",
    [
        "Compute $(a + 1)(b + 1)$ for $a = 1$, $b = 2$.",
        "Find all $n$ such that (a) $n$ is even, (b) $n$ is prime.",
        "A function satisfies (i) $f(0) = 1$ and (ii) $f(x + 1) = 2 f(x)$. Find $f(5)$.",
        "Which of the following is prime? (a) 21 (b) 23 (c) 25",
        "Which number is even? A. 3 B. 5 C. 8 D. 9",
        "Which of the following questions has the answer no? (1) Is 2 odd? (2) Is 2 prime?",
        "Rules: 1) Start with 5. 2) If it is odd, add 3. What stands there after ten steps?",
        "（1）班有 40 人,（2）班有 44 人, 两个班一共有多少人?",
        "有下列命题: （1）图像过原点; （2）是奇函数. 其中正确命题的序号是 ____.",
    ],
)
def test_options_conditions_and_statements_are_no_parts(problem: str) -> None:
    assert asked(problem) is Asked.ONE
    assert asked(problem, "2") is Asked.ONE


@pytest.mark.parametrize(
    "problem",
    [
        "Show that $x^3 + x = 10$ has one real root, and find it.",
        "Verify that $x = 1$ is a root and then give the sum of the others.",
        "Solve $3x = 12$ and show your work.",
        "Solve $3x = 12$. Verify that your answer is right.",
        "Find, with proof, the least such $n$.",
        "Determine the limit or prove that there is none.",
        "Is it convergent? Explain your reasoning.",
        "(a) Prove that $f$ has a root. (b) Find the root.",
        "True or false: every square is a rhombus. Justify.",
        "The table shows a proof of the claim by Gauss; how old was he?",
        "(I) 证明: $f(x) > 0$; (II) 求 $f$ 的最小值.",
        "能证明 DNA 是遗传物质的实验有多少个?",
    ],
)
def test_a_proof_beside_one_question_asks_for_one_answer(problem: str) -> None:
    assert asked(problem) is Asked.ONE
    assert asked(problem, "4") is Asked.ONE


@pytest.mark.parametrize(
    "problem",
    [
        "Find integers $a < b$ with $a + b = 10$ and $ab = 21$, and find their sum.",
        "Write $0.12$ as $m/n$ in lowest terms. What is $m + n$?",
        "Is there such an $n$? If so, find the least.",
        "Find the residue of $7^{-1}$. That is, find $b$ with $7b = 1$.",
        "What is the period of state 0? What is the period of state 1? Return the answers as a list.",
        "Find the area. (Use your calculator to find the integral.)",
        "Mr. Ho paid $400 and got $20 back. How much is 10 % of what he paid?",
        "What is $5! + 3! + 2!$ ?",
    ],
)
def test_what_goes_on_with_the_question_before_is_no_second_one(problem: str) -> None:
    assert asked(problem) is Asked.ONE


def test_a_bare_statement_asks_for_a_proof_where_no_answer_is_known() -> None:
    statement = "Every bounded monotone sequence converges."
    assert asked(statement) is Asked.PROOF
    assert asked(statement, "proof") is Asked.PROOF
    assert asked(statement, "true") is Asked.ONE


def test_the_word_proof_for_an_answer_decides_where_the_text_also_asks_for_something() -> None:
    problem = "Prove that $x = 1$ is a root and find the others."
    assert asked(problem, "2, 3") is Asked.ONE
    assert asked(problem, r"\text{proof}") is Asked.PROOF


def test_the_letter_of_an_option_is_one_answer() -> None:
    assert asked("What is the mean? What is the mode?\n(A) 1; 2 (B) 2; 1", "B") is Asked.ONE


def test_most_of_our_own_labelled_problems_are_told() -> None:
    own = [row for row in map(json.loads, LABELS.read_text(encoding="utf-8").splitlines()) if row["split"] == "own"]
    wrong = [(row["text"], row["label"]) for row in own if asked(row["text"]) != row["label"]]
    assert (len(own), len(wrong)) == (60, 1), wrong


def test_the_labels_of_public_problems_name_their_rows_and_carry_no_text() -> None:
    public = [row for row in map(json.loads, LABELS.read_text(encoding="utf-8").splitlines()) if "repo" in row]
    assert {(row["split"], len(row)) for row in public} == {("tune", 5), ("held_out", 5)}
    assert len({(row["repo"], row["path"], row["row"]) for row in public}) == len(public) == 200
