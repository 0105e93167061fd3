"""Uploads the sample articles the way an editor does: the desk's API, then the presigned URL, over HTTP."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from local.template import ROOT, Json

FOLDER = ROOT / "samples"

_PATIENCE = 60.0  # seconds until every verdict must be there
_PAUSE = 0.1  # seconds between two questions for a verdict


class UploadError(Exception):
    """The desk or the uploads bucket answered something else than it should; the message has the answer."""


@dataclass(frozen=True)
class Outcome:
    """What became of one sample."""

    name: str
    accepted: bool
    state: str
    url: str | None
    errors: list[dict[str, str]]


class Editor:
    """An editor's program: it knows the portal's address and nothing else."""

    def __init__(self, address: str) -> None:
        """Get a token from the local issuer; `address` is the portal's, without a slash at its end."""
        self._address = address
        _, answer = self._ask("GET", f"{address}/local/token", {}, None)
        self._token = answer.decode().strip()

    def upload(self, content: bytes) -> str:
        """Upload a new article, as its JSON, and return its id. Raises `UploadError`."""
        issued = self._desk("POST", "articles", {"size": len(content)})
        upload = issued["upload"]
        self._ask(upload["method"], upload["url"], upload["headers"], content)
        return str(issued["id"])

    def status(self, article_id: str) -> dict[str, Json]:
        """Ask the desk where an article is. Raises `UploadError`."""
        return self._desk("GET", f"articles/{article_id}", None)

    def _desk(self, method: str, path: str, body: Json) -> dict[str, Json]:
        headers = {"Authorization": f"Bearer {self._token}"}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        _, answer = self._ask(method, f"{self._address}/desk/api/{path}", headers, content)
        value: dict[str, Json] = json.loads(answer)
        return value

    def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> tuple[int, bytes]:
        parts = urlsplit(url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE)
        try:
            connection.request(method, f"{parts.path}?{parts.query}", body, dict(headers))
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
            raise UploadError(f"{method} {parts.path}: {response.status} {answer.decode(errors='replace')}")
        return response.status, answer


def upload_samples(address: str, folder: Path = FOLDER) -> Iterator[Outcome]:
    """Upload every sample, the oldest article first, then yield what became of each.

    Raises `UploadError` if something is refused, or not judged within a minute.
    """
    editor = Editor(address)
    contents = {path.stem: path.read_bytes() for path in folder.glob("*.json")}
    oldest_first = sorted(contents, key=lambda name: (json.loads(contents[name])["published_at"], name))
    uploaded = {name: editor.upload(contents[name]) for name in oldest_first}
    end = time.monotonic() + _PATIENCE
    for name, article_id in uploaded.items():
        status = editor.status(article_id)
        while status["verdict"]["accepted"] is None:
            if time.monotonic() > end:
                raise UploadError(f"{name} has no verdict after {_PATIENCE:.0f} seconds")
            time.sleep(_PAUSE)
            status = editor.status(article_id)
        verdict = status["verdict"]
        yield Outcome(name, verdict["accepted"], status["state"], status["url"], verdict["errors"])
