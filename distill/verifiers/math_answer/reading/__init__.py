"""LaTeX or plain text ─▶ tree."""
