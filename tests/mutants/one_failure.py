"""A plugin of pytest for a mutant's tests: what has failed with one value is killed, and not tried with the others."""

import pytest

_FAILED: set[str] = set()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out what has failed already."""
    if _asked_for(item) in _FAILED:
        pytest.skip("it has failed with another value")


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Remember what fails; in its setup, it's no failure of the test."""
    if call.when == "call" and call.excinfo:
        _FAILED.add(_asked_for(item))


def _asked_for(item: pytest.Item) -> str:
    """Give what the command line names: a test with a value, or with all of its values."""
    return item.nodeid if item.nodeid in item.config.args else item.nodeid.partition("[")[0]
