"""What tests of every kind share."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from werkzeug.serving import make_server

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


@pytest.fixture
def served(newsroom: Newsroom) -> Iterator[str]:
    """Where the newsroom's portal is served."""
    server = make_server("127.0.0.1", 0, newsroom.portal.front, threaded=True)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    serving.join()
    server.server_close()


@contextmanager
def pumped(newsroom: Newsroom) -> Iterator[None]:
    """Let events happen by themselves."""
    stop = threading.Event()
    pump = threading.Thread(target=newsroom.portal.pump.run, args=(stop,), kwargs={"interval": 0.02})
    pump.start()
    try:
        yield
    finally:
        stop.set()
        pump.join()


@pytest.fixture
def pumping(newsroom: Newsroom) -> Iterator[None]:
    """Let events happen by themselves while a test goes on."""
    with pumped(newsroom):
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many states the tests that search through them have visited."""
    visited: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        visited.update({name: number for name, number in report.user_properties if isinstance(number, int)})
    for name, number in sorted(visited.items()):
        terminalreporter.write_line(f"{number:>8,} {name}")
