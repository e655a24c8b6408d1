"""A stage cut into shards that any machine may run, and gathered again."""
