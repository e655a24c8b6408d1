"""prompts ─▶ samples: a teacher is asked until every group has what its policy wants."""
