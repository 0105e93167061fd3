"""A portal on a port of this machine, for the commands of the documents."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.docs import markdown


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The address of a portal as `make run` starts it, without samples."""
    command = [sys.executable, "-m", "local", "--port", "0", "--no-samples"]
    with subprocess.Popen(command, cwd=markdown.ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout
        said = ""
        try:
            while "Ctrl-C" not in said:
                line = process.stdout.readline()
                assert line, said
                said += line
            found = re.search(r"site +(http://\S+)/\n", said)
            assert found, said
            yield found[1]
        finally:
            process.terminate()
            process.communicate(timeout=30)
