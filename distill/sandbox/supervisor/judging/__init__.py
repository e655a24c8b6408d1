"""Special judges: what their source says, how they are run, and how what they say is read."""
