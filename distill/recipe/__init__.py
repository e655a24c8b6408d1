"""What a run does, as values: recipes, their sections, and the stages of a pipeline."""
