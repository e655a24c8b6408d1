"""A stage of a run cut into shards: what a shard is, who runs it, and how the run folder gets what was made."""
