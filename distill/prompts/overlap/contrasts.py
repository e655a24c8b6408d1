"""Words of which one in place of the other makes another problem, and words that are amounts, as tables."""

CONTRASTS = [
    {word: number for number, words in enumerate(group.split("|")) for word in words.split()}
    for group in (
        "perimeter circumference|area|volume|length|radius|diameter|slope|midpoint|angle",
        "sum total altogether combined|difference|product|quotient|average mean|median|mode|ratio",
        "greatest largest maximum maximize biggest highest|least smallest minimum minimize lowest fewest",
        "greatest largest|second",
        "larger greater bigger higher|smaller lesser lower",
        "longer|shorter",
        "longest|shortest",
        "taller|shorter",
        "tallest|shortest",
        "older|younger",
        "elder eldest oldest|younger youngest",
        "faster quicker|slower",
        "fastest quickest|slowest",
        "heavier|lighter",
        "heaviest|lightest",
        "wider|narrower",
        "widest|narrowest",
        "nearer closer|farther further",
        "nearest closest|farthest furthest",
        "earlier|later",
        "earliest|latest",
        "better|worse",
        "best|worst",
        "positive|negative",
        "even|odd",
        "row rows|column columns",
        "interior|exterior",
        "inscribed|circumscribed",
        "horizontal horizontally|vertical vertically",
        "clockwise|counterclockwise anticlockwise",
        "increasing ascending increase increased increases|decreasing descending decrease decreased decreases",
        "inorder|preorder|postorder|level",
        "easy|hard",
        "uppercase|lowercase",
        "before|after",
        "gain gained profit|loss lost",
        "both|either|neither|least|exactly",
        "heartsuit|diamondsuit|clubsuit|spadesuit",
        "first|last",
        "domain|range",
        "arcsin|arccos|arctan|sin|cos|tan|cot|sec|csc",
    )
]
"""Words of which one in place of the other asks for something else. `More` and `less` are none: who says `no less` may
say `or more`."""
AMOUNTS = {
    "half": {"1/2", "2", "50", "0.5", "halves", "halved"},
    "third": {"1/3", "3", "thirds"},
    "quarter": {"1/4", "4", "25", "0.25", "quarters", "fourth"},
    "twice": {"2", "double", "doubled", "doubles", "two"},
    "double": {"2", "twice", "doubled", "doubles"},
    "triple": {"3", "thrice", "tripled"},
    "dozen": {"12", "dozens"},
}
"""Words that are numbers, and how else each may be said."""
