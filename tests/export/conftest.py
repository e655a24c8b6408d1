"""The readers are programs for the environments of other trainers; here their imports would fail."""

collect_ignore = ["readers"]
