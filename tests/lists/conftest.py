"""What the tests of lists share."""

import pytest


@pytest.fixture
def pages_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbered pages hold two articles, as does a list's own page."""
    for module in ("numbering", "composing"):
        monkeypatch.setattr(f"portal.{module}.PAGE_ENTRIES", 2)
