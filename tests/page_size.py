"""Shorter pages of the desk's lists, so that few articles fill several."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch


@contextmanager
def shorter_pages(module: str, name: str, size: int) -> Iterator[None]:
    """Let a module of the package show so many entries a page."""
    with patch.object(sys.modules[module], name, size):
        yield
