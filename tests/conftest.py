"""What Hypothesis tries is the same in every run, and takes as long as the machine needs."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
