"""Uploads the sample articles the way editors do: the desk's API, then the presigned URL, over HTTP."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from local.sign_in import PEOPLE, Person
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
    """An editor's program: it knows the portal's address and whose it is, and nothing else."""

    def __init__(self, address: str, person: Person) -> None:
        """Get a token from the local issuer; `address` is the portal's, without a slash at its end."""
        self._address = address
        asked = urlencode({"editor": person.account, "groups": ",".join(person.groups)})
        _, answer = self._ask("GET", f"{address}/local/token?{asked}", {}, None)
        self._token = answer.decode().strip()

    def needs_another(self) -> bool:
        """Ask the desk whether what one person submits is for another one to approve. Raises `UploadError`."""
        return bool(self._desk("GET", "session", None)["two_pairs_of_eyes"])

    def upload(self, content: bytes, article_id: str | None = None) -> str:
        """Upload an article, as its JSON, a new one unless its id is given; return the id. Raises `UploadError`."""
        path = f"articles/{article_id}/uploads" if article_id else "articles"
        issued = self._desk("POST", path, {"size": len(content)})
        upload = issued["upload"]
        self._ask(upload["method"], upload["url"], upload["headers"], content)
        return str(issued["id"])

    def judged(self, article_id: str, end: float) -> dict[str, Json]:
        """Ask the desk where an article is until there is a verdict, at most until the clock says `end`.

        Raises `UploadError` if there is none by then.
        """
        while True:
            status = self._desk("GET", f"articles/{article_id}", None)
            if status["verdict"]["accepted"] is not None:
                return status
            if time.monotonic() > end:
                raise UploadError(f"{article_id} has no verdict after {_PATIENCE:.0f} seconds")
            time.sleep(_PAUSE)

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

    Where two pairs of eyes are asked for, one person submits them and another one approves.
    Raises `UploadError` if something is refused, or not judged within a minute.
    """
    author = Editor(address, PEOPLE["ha.thu"])
    contents = {path.stem: path.read_bytes() for path in folder.glob("*.json")}
    oldest_first = sorted(contents, key=lambda name: (json.loads(contents[name])["published_at"], name))
    if author.needs_another():
        approver = Editor(address, PEOPLE["minh.chau"])
        submitted = {name: author.upload(_for_review(contents[name])) for name in oldest_first}
        end = time.monotonic() + _PATIENCE
        for article_id in submitted.values():
            author.judged(article_id, end)
        uploaded = {name: approver.upload(contents[name], submitted[name]) for name in oldest_first}
    else:
        uploaded = {name: author.upload(contents[name]) for name in oldest_first}
    end = time.monotonic() + _PATIENCE
    for name, article_id in uploaded.items():
        status = author.judged(article_id, end)
        verdict = status["verdict"]
        yield Outcome(name, verdict["accepted"], status["state"], status["url"], verdict["errors"])


def _for_review(content: bytes) -> bytes:
    article = json.loads(content)
    return json.dumps({**article, "status": "review", "proposes": article["status"]}).encode()
