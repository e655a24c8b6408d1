"""Any TRL YAML ─▶ a recipe of ours: what each key became, and what has no meaning here."""
