"""A run as one HTML page that needs no network: numbers, charts, and traces to browse.

Traces are untrusted text. All of it is escaped, formulas become MathML from a list of harmless elements, and the
page's own policy forbids any script but its own and any request.
"""
