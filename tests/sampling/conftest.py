"""What the tests of troubled endpoints share."""

import pytest

from distill.teacher.pool import breaker
from distill.teacher.trouble import kinds as trouble


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries follow one another at once."""
    monkeypatch.setattr(trouble, "FIRST_DELAY_S", 0.01)
    monkeypatch.setattr(trouble, "LAST_DELAY_S", 0.05)
    monkeypatch.setattr(breaker, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(breaker, "LAST_PAUSE_S", 0.1)
