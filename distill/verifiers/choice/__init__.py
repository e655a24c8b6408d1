"""Multiple choice: which option a text picks, and whether it is the right one.

- `words`: what a word does in a sentence that states an answer, in twelve languages.
- `tokens`: a text becomes a row of tokens, each with one letter for what it does.
- `marks`, `option_texts`: boxes, tags and JSON; options given by their own words or values.
- `statements`, `reading`: everything that a text states, denies or leaves open.
- `pick`: the last statement counts, unless it is taken back or in doubt.
"""
