"""What tests of every kind share."""

from collections.abc import Iterator

import pytest

from local.portal import LocalPortal
from tests.faults import Calls
from tests.newsroom import Newsroom


@pytest.fixture
def portal() -> Iterator[LocalPortal]:
    """A portal of the real template, handlers and edge on moto, fresh and empty."""
    with LocalPortal(site_url="http://127.0.0.1:8000") as running:
        yield running


@pytest.fixture
def newsroom(portal: LocalPortal) -> Newsroom:
    """The people who use the portal."""
    return Newsroom(portal)


@pytest.fixture
def calls(portal: LocalPortal) -> Calls:
    """The AWS calls of the functions, to be watched and disturbed."""
    watching = Calls(portal.lambdas.session)
    portal.lambdas.forget()
    return watching
