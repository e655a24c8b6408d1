"""The words and signs that the comparison of texts knows, as tables."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SYMBOLS = str.maketrans(
    {
        "≤": " <= ", "⩽": " <= ", "≥": " >= ", "⩾": " >= ", "≠": " != ", "−": "-", "–": "-", "—": " ", "×": "*",
        "·": "*", "⋅": "*", "∙": "*", "÷": "/", "⁄": "/", "∕": "/", "√": r" \sqrt ", "°": r" \circ ", "∠": r" \angle ",
        "△": r" \triangle ", "∈": r" \in ", "∞": r" \infty ", "π": r" \pi ", "∪": r" \cup ", "∩": r" \cap ",
        "∑": r" \sum ", "∫": r" \int ", "→": r" \to ", "≡": r" \equiv ", "≈": r" \approx ", "±": r" \pm ",
        "⊥": r" \perp ", "∥": r" \parallel ", "⟂": r" \perp ", "…": " ", "’": "'", "‘": "'", "ʼ": "'",
        "⁰": "^0", "¹": "^1", "²": "^2", "³": "^3", "⁴": "^4", "⁵": "^5", "⁶": "^6", "⁷": "^7", "⁸": "^8", "⁹": "^9",
        "ⁿ": "^n", "⁻": "^-", "½": " 1/2 ", "⅓": " 1/3 ", "⅔": " 2/3 ", "¼": " 1/4 ", "¾": " 3/4 ",
    }
)  # fmt: skip
COMMANDS = {
    "le": "≤", "leq": "≤", "leqslant": "≤", "ge": "≥", "geq": "≥", "geqslant": "≥", "lt": "<", "gt": ">",
    "ne": "≠", "neq": "≠", "div": "/", "over": "/", "circ": "degree", "degree": "degree", "infty": "infinity",
    "measuredangle": "angle", "mid": "", "vert": "", "lvert": "", "rvert": "", "iff": "iff", "tan": "tan",
    "rightarrow": "to", "longrightarrow": "to", "to": "to", "varnothing": "emptyset", "pmod": "mod", "bmod": "mod",
    "cdot": "", "times": "", "ast": "", "frac": "", "dfrac": "", "tfrac": "", "cfrac": "",
    "equal": "=", "plus": "+", "minus": "-",
}  # fmt: skip
r"""Commands with a spelling of their own here; the other names are kept (`\sin`), or left out if they are layout."""
LAYOUT = _words(
    """
    left right big bigl bigr bigg biggl biggr middle displaystyle textstyle scriptstyle limits nolimits text textrm
    textbf textit texttt mathrm mathbf mathit mathsf mathtt mathcal mathbb mathfrak operatorname mbox hbox rm bf it
    boldsymbol bm emph underline overline quad qquad hspace vspace phantom item noindent par ldots cdots dots dotsc
    dotsb vdots hfill newline label tag nonumber hline prime mathop mathrel mathbin ensuremath
    """
)
"""LaTeX commands that say how something looks."""
N_COMMANDS = _words(
    """
    n nu ne neq neg not notin nabla nmid natural nearrow newline noindent nonumber nolimits nexists ni nleq ngeq nsim
    nsubseteq nsupseteq nparallel ncong norm normalsize
    """
)
r"""Commands that begin with the letter of a line end: `\nlcm` is `lcm` behind one that was written out."""
GREEK = _words(
    """
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho varrho sigma tau
    upsilon phi varphi chi psi omega
    """
)
"""Letters that stand for unknowns; pi is a number."""
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SMALL = """
two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
"""
NUMBER_WORDS = {
    "dozen": "12",
    **{word: str(number) for number, word in enumerate(_SMALL.split(), start=2)},
    **{word: str(number) for number, word in zip(range(20, 100, 10), _TENS, strict=True)},
}
"""`one` is a pronoun too often to be a number."""
SAME_WORD = {
    "\x01": "≥",
    "\x02": "≤",
    "\x03": "≠",
    "%": "percent",
    "dollar": "",
    "cent": "",
    "pct": "percent",
    "deg": "degree",
}
FRAMING_WORDS = _words(
    """
    a an the of to in on at by for with from as and or but if then than that this these those there here it its
    is are was were be been being do does did has have had can could will would shall should may might must let
    us we i you your my our he she they them his her their him who whom which what when where how why many much
    some any all such so also me find compute calculate determine evaluate solve give given suppose assume
    assuming denote consider following please problem question answer exercise task puzzle final each show prove
    work value number one tell express explain justify step result simplify imagine below begin end choose
    correct write state like across come help would careful carefully thank thanks advance brief briefly detail
    detailed line own box boxed return output provide response think reasoning reason student tutor expert
    teacher exam test contest competition recent olympiad challenge need want sure make clear clearly solution
    together look next here now only within out through
    """
)
"""Words that only frame a task: they differ between two wordings of one problem."""
FUNCTIONS = _words("sin cos tan cot sec csc log ln exp mod gcd lcm max min sqrt det lim sum int prod deg arc")
"""Names that belong to formulas."""
