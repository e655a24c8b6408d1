"""What Hypothesis tries is the same in every run, and takes as long as the machine needs.

Tests run side by side (`scripts/test`): those of a file in one process, since they share its fixtures, and those of
files that share something of the machine in one as well.
"""

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

ALONE = {
    "tests/cluster/test_ray.py": "Ray's processes",
    "tests/shards/test_ray.py": "Ray's processes",
    "tests/teacher/roster/test_ray_serve.py": "Ray's processes",
    "tests/teacher/engines/test_vllm.py": "vLLM's environment",
    "tests/training/test_vllm.py": "vLLM's environment",
}
"""Files that share something, and what."""

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


class FileScheduling(LoadFileScheduling):  # type: ignore[misc]
    """Gives a process all tests of a file, or of the files that share something."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return ALONE.get(file, file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FileScheduling:
    """What xdist asks for."""
    return FileScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests come first, so that no process waits for one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
