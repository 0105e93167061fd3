"""No upload keeps the judgement busy, or makes it outgrow its memory: one that does holds up all the others."""

import os
import subprocess
import sys
from typing import Final

from local.template import Template
from tests.input.uploads import ROOT
from tests.input.worst_uploads import MEMORY, worst

# Of a processor, of which intake has but a little more than the half: less than its time limit, and ten times what they
# take. Without their bounds, they take minutes, or all the memory there is.
MOST_SECONDS: Final = 15.0
MOST_SECONDS_FOR_ALL: Final = 180


def test_the_worst_uploads_are_judged_within_bounds() -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "layers/portal")])}
    command = [sys.executable, "-m", "tests.input.worst_uploads"]
    try:
        run = subprocess.run(  # noqa: S603 (our own interpreter and program)
            command, cwd=ROOT, env=environment, capture_output=True, timeout=MOST_SECONDS_FOR_ALL, check=False
        )
        said = run.stdout
    except subprocess.TimeoutExpired as expired:
        said = expired.stdout or b""
    judged = {
        name: (float(seconds), code)
        for name, seconds, code in (line.split("\t") for line in said.decode().splitlines())
    }
    assert {name: code for name, (_, code) in judged.items()} == {name: code for name, _, code in worst()}
    assert {name: seconds for name, (seconds, _) in judged.items() if seconds > MOST_SECONDS} == {}


def test_the_worst_uploads_have_the_memory_and_the_time_that_intake_has() -> None:
    parameters = {"TokenIssuer": "http://127.0.0.1", "TokenAudience": "desk", "SiteUrl": "http://127.0.0.1"}
    intake = Template(parameters).properties("IntakeFunction")
    assert intake["MemorySize"] * 1024**2 == MEMORY
    assert intake["Timeout"] >= 2 * MOST_SECONDS
