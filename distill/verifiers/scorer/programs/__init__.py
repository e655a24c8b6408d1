"""Programs that score an answer by an installed package. They are sent into the sandbox, and import none of ours."""
