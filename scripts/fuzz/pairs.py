"""Hostile pairs of a reference and a completion, made of LaTeX and prose by a seed."""

import random
from collections.abc import Callable
from typing import NamedTuple

_MAX_CHARS = 40_000
_ATOMS = (
    r"\pi", "e", "i", "x", "y", "n", "k", r"\theta", r"\alpha_{1}", "x_1", r"\infty", r"-\infty", r"\emptyset", "°",
    r"\%", r"\varnothing", r"\ldots", "A", "C_1", r"\mathbb{R}", r"\mathbb{Z}", r"\text{even}", "True", "none", "½",
    "²",
)  # fmt: skip
_UNARY = (
    r"\sqrt{{{}}}", r"\sqrt[3]{{{}}}", "-{}", r"\left({}\right)", r"\sin {}", r"\cos^{{-1}}({})", r"\log_2 {}",
    r"\ln({})", r"|{}|", "{}!", "{}!!", "{}^2", "{}^{{-1}}", r"\overline{{{}}}", r"\lfloor {} \rfloor", r"\{{{}\}}",
    "f({})", r"\int_0^1 {} dx", r"\sum_{{k=1}}^{{n}} {}", r"\lim_{{x\to 0}} {}", r"\text{{ {} }}", r"\mathrm{{{}}}",
    "${}$", r"{}^{{\circ}}", r"{}\%", "{} cm", r"{}\,\text{{m/s}}^2", r"\boxed{{{}}}", "{}_{{10}}",
    r"\begin{{pmatrix}}{}\\1\end{{pmatrix}}",
)  # fmt: skip
_BINARY = (
    r"\frac{{{}}}{{{}}}", "{}+{}", "{}-{}", "{}*{}", r"{} \cdot {}", r"{}\times 10^{{{}}}", "{}/{}", "{}^{{{}}}",
    "{}^{}", "{}{}", "{} = {}", r"{} \le {}", "({}, {})", "[{}, {})", r"\{{{}, {}\}}", r"{} \cup {}", "{} and {}",
    "{} or {}", r"\binom{{{}}}{{{}}}", r"{} \pm {}", r"{} \pmod{{{}}}", "{}:{}", "{};{}", r"{} \approx {}",
    r"{}\frac{}2", r"\begin{{cases}}{}\\{}\end{{cases}}", "{} < x < {}", r"x \in ({},{}]", "{}, {}", r"\frac{}{}",
    "{}e{}",
)  # fmt: skip
_PROSE = (
    "The answer is {}.", "**Answer:** {}", r"So $\boxed{{{}}}$.", "Thus we get $x = {}$, as wanted.", "{}", "#### {}",
    "A: {}", "<answer>{}</answer>", "Die Antwort lautet {}.", "La réponse est {}.", "答案是{}。", "答え：{}",
    "Ответ: {}",
    "الإجابة: {}", "The final answer is {}. Wait, no, it is {}.", "Either {} or {}.", "It is not {}.",
    "We have {} = {} = {}.", "$${}$$", '```json\n{{"answer": "{}"}}\n```', r"\[{}\]",
    r"The roots are \({}\) and \({}\).", "Hence there are {} of the {} students.",
    "Therefore, the number is {} and then {}", "{}\n\n{}\n", "| {} | {} |\n|---|---|", "maybe about {}",
    "I can't tell; say {}?", r"The final answer is $\boxed{{{}", "1. {}\n2. {}\n3. {}", "【答案】{}",
    "final answer: {} because {}",
)  # fmt: skip
_HOSTILE = (
    "{", "}", "{{", "}}", "(", ")", "[", "]", "$", "$$", "\\", "\\\\", "^", "_", "^^", "&", "%", "#", "~", "`", "```",
    "|", ",", ".", "..", "...", ";", ":", "=", "==", "<", ">", "!", "?", "+", "-", "--", "*", "**", "/", "//", "'",
    '"', "\n", "\n\n", "\t", " ", "  ", "\u00a0", "\u2003", "\u200b", "\u2028", "\ufeff", "\x00", "\x1b", "\x85",
    "\ud800", "－", "，", "。", "１２", "٣٤", "²", "½", "é", "İ", "ß", "中文", "한", "あ", "😀", "∞",
    "√", "≤", "≈", "±", "∪",
    "→", "0", "9", "00", "1,000", "1e999", "10^{10^{10}}", "9^9^9^9", "2^{-10^{9}}", r"\frac", r"\frac{1}{0}",
    r"\sqrt", r"\left(", r"\right)", r"\boxed{", r"\boxed", r"\text{", r"\begin{matrix}", r"\end{matrix}", r"\\[2pt]",
    r"\over", r"\choose", r"\not", r"\cdots", r"\sum", r"\int", "!!!!", "0^0", "0/0", r"170!", "(10^6)!",
    r"\binom{10^9}{5\cdot10^8}", "mod", "lim", "the", "is", "not", "Answer:", "<think>", "</think>", "</s>", "x", "i",
)  # fmt: skip


class Pair(NamedTuple):
    """What is compared."""

    reference: str
    completion: str


def pair(seed: int, index: int) -> Pair:
    """The pair of this number, the same on every machine."""
    rng = random.Random(f"{seed} {index}")
    reference = _expression(rng, rng.randint(0, 3))
    answer = reference if rng.random() < 0.4 else _expression(rng, rng.randint(0, 4))
    completion = _filled(rng.choice(_PROSE), lambda: answer if rng.random() < 0.7 else _expression(rng, 2))
    if rng.random() < 0.2:
        reference = _mutated(rng, reference, 1)
    return Pair(reference, _mutated(rng, completion, rng.choice((0, 1, 1, 2, 3, 6))))


def _filled(template: str, part: Callable[[], str]) -> str:
    return template.format(*(part() for _ in range(3)))


def _expression(rng: random.Random, depth: int) -> str:
    if depth == 0:
        return _number(rng) if rng.random() < 0.6 else rng.choice(_ATOMS)
    template = rng.choice(_UNARY if rng.random() < 0.4 else _BINARY)
    return _filled(template, lambda: _expression(rng, rng.randint(0, depth - 1)))


def _number(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.6:
        return str(rng.randint(-20, 120))
    if kind < 0.75:
        return f"{rng.uniform(-1000, 1000):.{rng.randint(0, 16)}f}"
    if kind < 0.85:
        return f"{rng.randint(0, 10**10):,}"
    return "".join(rng.choices("0123456789", k=int(10 ** rng.uniform(0, 3.3))))


def _mutated(rng: random.Random, text: str, num_times: int) -> str:
    for _ in range(num_times):
        text = rng.choice(_MUTATIONS)(rng, text)[:_MAX_CHARS]
    return text


def _span(rng: random.Random, text: str, longest: int) -> tuple[int, int]:
    start = rng.randint(0, len(text))
    return start, min(len(text), start + rng.randint(1, longest))


def _deleted(rng: random.Random, text: str) -> str:
    start, end = _span(rng, text, 3)
    return text[:start] + text[end:]


def _inserted(rng: random.Random, text: str) -> str:
    start, _ = _span(rng, text, 1)
    return text[:start] + rng.choice(_HOSTILE) + text[start:]


def _long_run(rng: random.Random, text: str) -> str:
    """A piece, again and again."""
    start, end = _span(rng, text, 6)
    return text[:start] + (text[start:end] or rng.choice(_HOSTILE)) * int(10 ** rng.uniform(0.3, 3.5)) + text[end:]


def _hostile_run(rng: random.Random, text: str) -> str:
    start, _ = _span(rng, text, 1)
    piece = rng.choice(_HOSTILE) + (rng.choice(_HOSTILE) if rng.random() < 0.4 else "")
    return text[:start] + piece * int(10 ** rng.uniform(0.3, 3.5)) + text[start:]


def _nested(rng: random.Random, text: str) -> str:
    """Deep in one wrapper."""
    start, end = _span(rng, text, 12)
    before, behind = rng.choice(_UNARY).format("\0").split("\0")
    depth = int(10 ** rng.uniform(0.3, 2.7))
    return text[:start] + before * depth + text[start:end] + behind * (depth - rng.randint(0, 1)) + text[end:]


def _tower(rng: random.Random, text: str) -> str:
    """A huge power."""
    start, _ = _span(rng, text, 1)
    tower = "^{".join(_number(rng) for _ in range(rng.randint(2, 6)))
    tower = "^{".join(_number(rng) for _ in range(rng.randint(2, 6)))
    return text[:start] + tower + "}" * rng.randint(0, 6) + text[start:]


def _swapped(rng: random.Random, text: str) -> str:
    start, end = sorted((rng.randint(0, len(text)), rng.randint(0, len(text))))
    return text[end:] + text[start:end] + text[:start]


def _cut(rng: random.Random, text: str) -> str:
    return text[: rng.randint(0, len(text))]


def _other_letter(rng: random.Random, text: str) -> str:
    start, end = _span(rng, text, 1)
    low, high = rng.choice(((0, 0x2FF), (0x370, 0x30FF), (0xFF00, 0x1F6FF)))
    return text[:start] + chr(rng.randint(low, high)) + text[end:]


def _twice(rng: random.Random, text: str) -> str:
    more = rng.choice(_PROSE).format(text[:200], text[-200:], _expression(rng, 1))
    return text + rng.choice((" ", "\n\n", "")) + more


_MUTATIONS = (
    _deleted, _deleted, _inserted, _inserted, _long_run, _hostile_run, _nested, _tower, _swapped, _cut, _other_letter,
    _twice,
)  # fmt: skip
