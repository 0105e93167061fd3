"""The command behind `make run`, as a process of its own."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "local", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def test_it_says_when_it_is_ready_serves_and_stops_when_told() -> None:
    process = started("--port", "0", "--no-samples")
    try:
        assert process.stdout is not None
        said = ""
        while "Stop it with Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        port = re.search(r"http://127\.0\.0\.1:(\d+)/\n", said)
        assert port is not None
        connection = http.client.HTTPConnection("127.0.0.1", int(port[1]), timeout=30)
        connection.request("GET", "/")
        response = connection.getresponse()
        page = response.read().decode()
        connection.close()
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)

    assert response.status == 200
    assert "<!DOCTYPE html>" in page[:100]
    assert "in memory" in said + out
    assert process.returncode == 0
    assert err == ""


def test_two_pairs_of_eyes_are_a_switch() -> None:
    process = started("--port", "0", "--no-samples", "--two-pairs-of-eyes")
    try:
        assert process.stdout is not None
        desk = next(line for line in process.stdout if "/desk/ " in line)
        port = re.search(r"http://127\.0\.0\.1:(\d+)/desk/", desk)
        assert port is not None
        connection = http.client.HTTPConnection("127.0.0.1", int(port[1]), timeout=30)
        connection.request("GET", "/local/token")
        token = connection.getresponse().read().decode().strip()
        connection.request("GET", "/desk/api/session", headers={"Authorization": f"Bearer {token}"})
        session = json.loads(connection.getresponse().read())
        connection.close()
    finally:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)

    assert session["two_pairs_of_eyes"] is True
    assert "another one approves" in desk
    assert err == ""


def test_a_taken_port_is_told_in_one_sentence_at_once() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        process = started("--port", str(other.getsockname()[1]))
        _, err = process.communicate(timeout=30)

    assert process.returncode == 1
    assert "can't be used" in err
    assert "make run PORT=" in err
    assert "Traceback" not in err
