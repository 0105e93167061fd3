"""The operators' command against a portal that is served as `make run` serves it, without its pump."""

from collections.abc import Callable

import pytest

from console.__main__ import main

Portal = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(served: str, capsys: pytest.CaptureFixture[str]) -> Portal:
    """Run the command; give its exit status, what it says, and what it says is wrong."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main([*arguments, "--address", served])
        said = capsys.readouterr()
        assert "\x1b" not in said.out, "control codes where there's no terminal"
        return status, said.out, said.err

    return run
