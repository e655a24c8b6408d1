"""What a tag, a key or a marker introduces."""

import pytest

from distill.verifiers.math_answer.extracting.marked import marked


def stated(text: str) -> tuple[str, str]:
    found = marked(text)
    assert found is not None
    return found.statement


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Final Answer: The final answer is $35$. I hope that it is right.", "$35$"),
        ("The answer (in metres) is 260, as said.", "260"),
        ("So the answer to the second question is therefore 7.", "7"),
        ("Therefore, the answer is 18, not 12.", "18"),
        ("The answer is 10 loaves are sold.", "10"),
        ("The answer is $\\frac{n}{2} + 1$.", "$\\frac{n}{2} + 1$"),
        ("Therefore, the answer is (k/3) + 2.", "(k/3) + 2"),
        ("The answer is EUR 640.", "640"),
        ("The answer is seven.", "seven"),
        ("The answer is yes.", "yes"),
        ("The answer is 5, 4, 9.", "5, 4, 9"),
        ("### Answer\n\n88", "88"),
        ("**Answer**\n> 73", "> 73"),
        ("Answer:\n\n$$88$$", "$$88$$"),
        ("**Final Answer**\n\nThe number of houses with all 4 is $73$.", "73"),
        ("A: 3/4", "3/4"),
        ("Ans: 18", "18"),
        ("#### 1,250", "1,250"),
        ("Result = 42", "42"),
        ("Answer: 40\n\nExplanation: 8 rows of 5, of which 12 seats are taken.", "40"),
        ("Answer: 8\nConfidence: 70%", "8"),
        ("Antwort: 64", "64"),
        ("Die richtige Antwort lautet 64.", "64"),
        ("La réponse finale est 23.", "23"),
        ("La respuesta es 7,25.", "7,25"),
        ("Portanto, a resposta é 31.", "31"),
        ("La risposta è 31.", "31"),
        ("Ответ: 48.", "48"),
        ("因此，最终答案是 $\\frac{3}{7}$。", "$\\frac{3}{7}$"),
        ("答えは36です。", "36"),
        ("정답은 36입니다.", "36"),
        ("الإجابة هي 36.", "36"),
        ("इसलिए, उत्तर 36 है।", "36"),
        ("Sonuç olarak cevap 36'dır.", "36"),
        ("Odpowiedź: 36", "36"),
        ("<answer> 5 </answer>", "5"),
        ("<final_answer>x = 4</final_answer>", "x = 4"),
        ("<|begin_of_box|>29<|end_of_box|>", "29"),
        ("<answer>The answer is 9.</answer>", "9"),
        ("<answer>The total is 44 dollars.</answer>", "44 dollars"),
        ('```json\n{\n  "answer": "12"\n}\n```', "12"),
        ("The answer isn't 15 but 20.", "20"),
        ("答案不是31，而是13。", "13"),
        ("Answer: 31. Correction: 13.", "13"),
    ],
)
def test_the_last_statement_behind_a_mark_is_taken(text: str, answer: str) -> None:
    assert stated(text) == (answer.lstrip("> "), "")


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("The answer is 42. Hmm, wait. The two at the door are missing.", "the answer is taken back"),
        ("<answer>42</answer> Oops, I forgot one.", "the answer is taken back"),
        ("The answer cannot be 33.", "the answer is denied"),
        ("La réponse n'est pas 13.", "the answer is denied"),
        ("La respuesta no puede ser 56.", "the answer is denied"),
        ("A resposta não é 56.", "the answer is denied"),
        ("答えは13ではありません。", "the answer is denied"),
        ("정답은 36이 아닙니다.", "the answer is denied"),
        ("Perhaps the answer is 8.", "the answer is in doubt"),
        ("The answer is either 3 or 4.", "the answer is in doubt"),
        ("La réponse est peut-être 13.", "the answer is in doubt"),
        ("If the answer is 50, then half of it is 25.", "the answer is in doubt"),
        ("The answer is at least 33.", "the answer is a bound"),
        ("Die Antwort ist mindestens 13.", "the answer is a bound"),
        ("Is the answer 33?", "the answer is a question"),
        ("Answer:\nConfidence: 60%", "the answer is left empty"),
        ('{"answer": {"a": 1, "b": 2}}', "the field of the answer holds no single value"),
    ],
)
def test_what_is_denied_doubted_bounded_or_taken_back_says_so(text: str, doubt: str) -> None:
    assert stated(text)[1] == doubt


@pytest.mark.parametrize(
    "text",
    [
        "Give me n to get the final answer.",
        "To check our answer, we compute 3 · 4 = 12.",
        "The answer is _____.",
        "The class has 42 pupils.",
    ],
)
def test_a_mention_of_an_answer_is_no_mark(text: str) -> None:
    assert marked(text) is None


def test_a_name_that_is_given_a_value_is_no_marker() -> None:
    assert marked("A=-2, B=3") is None
