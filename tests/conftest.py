"""What Hypothesis tries is the same in every run, and takes as long as the machine needs.

Tests run side by side (`scripts/test`): those of a file in one process, since they share its fixtures, and those of a
group (`pytest.mark.xdist_group`) in one as well, since they share something of the machine.
"""

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in this hook, too
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Make a group of every file without one; slow tests come first, so that no process waits for one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
